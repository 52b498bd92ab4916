"""Several relays as one: what each may be given, which takes the next mail, which domain has to wait.

budget, limits, forecast, domains: the decisions, pure
ledger: the budgets in the database
route, routed_relay: one relay of several, and all of them, as a sender uses them
"""
