"""A parser of command lines that answers unknown words with the one that was probably meant."""

# ours, as argparse names the nearest word from Python 3.14 on only
import argparse
from collections.abc import Callable

from glassnet import _meant, _terminal


class Parser(argparse.ArgumentParser):
    """Knows its options and commands, and answers others with the one that was probably meant."""

    def __init__(self, *arguments, **keywords):
        self.options: list[str] = []
        self.commands: dict[str, Parser] = {}
        super().__init__(*arguments, **keywords)

    def add_argument(self, *arguments, **keywords):
        action = super().add_argument(*arguments, **keywords)
        self.options += action.option_strings
        return action

    def begin_commands(self) -> None:
        """The arguments that follow are those of commands, see :meth:`add_command`."""
        self._entries = self.add_subparsers(required=True, metavar="COMMAND")

    def add_command(self, name: str, run: Callable[[argparse.Namespace], int], text: str, **facts) -> "Parser":
        """Add a command, and return its parser.

        Parameters
        ----------
        name : str
        run : callable
            Takes what was parsed and returns the exit code.
        text : str
            What the command does, in a few words that begin with a small letter.
        **facts
            `on_all_ranks`: under a launcher all ranks run it, not rank 0 alone. `writes_files`: it goes on when its
            output is no longer read.
        """
        entry = self._entries.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        self.commands[name] = entry
        entry.set_defaults(**{"command": run, "on_all_ranks": False, "writes_files": False} | facts)
        return entry

    def error(self, message: str):
        """End the program with a message that may repeat what was given, but not all of it."""
        super().error(_terminal.shortened(_terminal.line(message)))

    def check(self, words: list[str]) -> None:
        """End the program at the first unknown command or option; other mistakes are found as words are parsed."""
        for number, word in enumerate(words):
            if word == "--":
                return
            if self.commands and not word.startswith("-"):
                if word not in self.commands:
                    meant = _meant.question(word, self.commands)
                    self.error(f"invalid choice: {word!r}{meant} (choose from {', '.join(self.commands)})")
                return self.commands[word].check(words[number + 1 :])
            self._check_option(word.partition("=")[0])

    def _check_option(self, word: str) -> None:
        # the value of a short option may follow without a space, and a negative number is no option
        short = word[:2] in self.options or not word[1:2].isalpha()
        known = any(option.startswith(word) for option in self.options) if word.startswith("--") else short
        if word.startswith("-") and not known:
            meant = _meant.question(word, self.options) or f" (allowed: {', '.join(self.options)})"
            self.error(f"unknown option {word}{meant}")
