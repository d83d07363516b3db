"""Where uplinks come from; each can also carry downlinks back."""
