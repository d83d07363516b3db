"""Who may do what: roles, tokens, browser sessions, the audit log. Routes ask gateway.access.gate."""
