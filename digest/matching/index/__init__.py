"""The words of many papers as arrays: strings, token graph, phrase automaton, paper index."""
