"""From saved chains to a sentence with numbers: errors, disorder averages, equilibration, the transition."""
