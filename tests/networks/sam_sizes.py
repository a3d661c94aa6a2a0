"""Encoders small enough for tests."""

TINY = {
    "kind": "tiny-vit",
    "image_size": 64,
    "widths": [8, 8, 12, 16],
    "depths": [1, 1, 2, 1],
    "heads": [2, 3, 4],
    "windows": [3, 4, 2],
    "channels": 16,
}

VIT = {
    "kind": "vit",
    "image_size": 32,
    "patch": 8,
    "width": 16,
    "depth": 2,
    "heads": 2,
    "mlp": 24,
    "attention_window": 3,
    "global_layers": [1],
    "channels": 32,
}
