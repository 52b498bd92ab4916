"""Mail providers that are given mail by their HTTP APIs, by django-anymail: one more kind of relay.

outbox ◄─► ProviderRelay ◄─► Account ◄─► django-anymail ◄─► the provider
           (several calls     (one call: message in, outcome out)
            at once)
"""
