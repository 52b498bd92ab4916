"""Several relays as one: what each may be given, which takes the next mail, which domain has to wait.

budget, limits, forecast, domains: the decisions, pure
ledger: the budgets in the database
route, choice, routed_relay, single_relay: what a sender uses
"""
