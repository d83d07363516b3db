"""Why a frame or a node fared as it did: what was decided, computed anew from what is stored."""
