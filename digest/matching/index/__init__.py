"""Papers as arrays (string table, token graph, paper index), and the automaton that reads them."""
