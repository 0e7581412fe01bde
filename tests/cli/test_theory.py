"""`glassnet theory`: the cavity method beside a run file."""


def test_theory_of_a_run_file(main, run_text, tmp_path):
    (tmp_path / "run.toml").write_text(run_text.replace("[12, 24]", "[12, 24]\ndilutions = [0.0, 0.1]"))
    code, output, errors = main("theory", "run.toml")
    assert (code, errors) == (0, "")
    whole, diluted, realised = output.split("\n\n")
    assert whole == main("theory", "regular", "--p", "3", "--degree", "4")[1].rstrip()
    assert diluted == main("theory", "regular", "--p", "3", "--degree", "4", "--dilution", "0.1")[1].rstrip()
    assert "effective" in realised and all(f"{size}" in realised for size in (12, 24))
    network = run_text.replace('"regular"\np = 3\ndegree = 4', '"walks"\nalpha = 2.0')
    (tmp_path / "run.toml").write_text(network.replace("[12, 24]", "[[4, 4, 4, 4], [5, 5, 5, 5], [6, 6, 6, 1]]"))
    code, output, _ = main("theory", "run.toml")
    equal, unequal = output.rstrip().split("\n\n")
    assert code == 0
    assert equal == main("theory", "poisson", "--p", "3", "--alpha", "2")[1].rstrip()
    assert unequal.startswith(
        "walks, dilution 0: paramagnet, alpha 2, binary couplings: entropy vanishes at T = 0.95673"
    )


def test_theory(main):
    code, output, errors = main("theory", "regular", "--p", "3", "--degree", "4")
    assert (code, errors) == (0, "")
    assert "0.654" in output
    assert "0.752" in output
