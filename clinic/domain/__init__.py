"""Pure rules: standard library only, deterministic; no now(), no random, no I/O."""
