"""How any page is answered: rendering, language, origin, content policy, limits, branding."""
