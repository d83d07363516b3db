"""Where values go: each sink is fed from the outbox, at its own pace."""
