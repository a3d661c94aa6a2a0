"""SAM's own encoder, a vision transformer."""

from __future__ import annotations

from torch import Tensor

from sketchcell.networks.encoders.base import ImageEncoder
from sketchcell.networks.encoders.sizes import ViTSize
from sketchcell.networks.encoders.transformers_library import sam_library
from sketchcell.networks.encoders.window import Viewfinder, cell_stride


class SamViT(ImageEncoder):
    """Vision transformer with windowed attention (Kirillov et al. 2023), from the library `transformers`.

    Parameters
    ----------
    size
        Of the transformer.
    window
        Side of a window, in working pixels; a multiple of the cells that lie side by side, 64 in SAM.

    Raises
    ------
    SketchcellError
        When `transformers` is missing, or the window does not fit.
    """

    def __init__(self, size: ViTSize, window: int) -> None:
        super().__init__()
        library = sam_library()
        self.window = window
        self.stride = cell_stride(window, size.image_size // size.patch)
        self.channels = size.channels
        self.view = Viewfinder(size.image_size, size.mean, size.deviation)
        self.model = library.SamVisionModel(
            library.SamVisionConfig(
                hidden_size=size.width,
                output_channels=size.channels,
                num_hidden_layers=size.depth,
                num_attention_heads=size.heads,
                image_size=size.image_size,
                patch_size=size.patch,
                window_size=size.attention_window,
                global_attn_indexes=list(size.global_layers),
                mlp_dim=size.mlp,
                num_pos_feats=size.channels // 2,
            )
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, window, window) to (B, channels, window // stride, window // stride)."""
        embedding: Tensor = self.model(pixel_values=self.view(x)).last_hidden_state
        return embedding
