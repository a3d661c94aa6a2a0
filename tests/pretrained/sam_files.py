"""SAM's weights as other programs write them, with random numbers."""

import re

import torch

VISION = {
    "hidden_size": 32,
    "output_channels": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "image_size": 64,
    "patch_size": 8,
    "window_size": 3,
    "global_attn_indexes": [1],
    "mlp_dim": 40,
    "num_pos_feats": 16,
}
PROMPT = {"hidden_size": 32, "image_size": 64, "patch_size": 8, "mask_input_channels": 8}
DECODER = {"hidden_size": 32, "mlp_dim": 24, "num_attention_heads": 8, "iou_head_hidden_dim": 32}

# names of `transformers`, and of `segment_anything`
_ORIGINAL = {
    r"^vision_encoder\.": "image_encoder.",
    r"patch_embed\.projection\.": "patch_embed.proj.",
    r"^image_encoder\.layers\.": "image_encoder.blocks.",
    r"^image_encoder\.neck\.conv1\.": "image_encoder.neck.0.",
    r"^image_encoder\.neck\.layer_norm1\.": "image_encoder.neck.1.",
    r"^image_encoder\.neck\.conv2\.": "image_encoder.neck.2.",
    r"^image_encoder\.neck\.layer_norm2\.": "image_encoder.neck.3.",
    r"\.layer_norm_final_attn\.": ".norm_final_attn.",
    r"(blocks|transformer\.layers)\.(\d+)\.layer_norm(\d)\.": r"\1.\2.norm\3.",
    r"\.upscale_conv1\.": ".output_upscaling.0.",
    r"\.upscale_layer_norm\.": ".output_upscaling.1.",
    r"\.upscale_conv2\.": ".output_upscaling.3.",
    r"(mlps\.\d+|iou_prediction_head)\.layers\.0\.": r"\1.layers.1.",
    r"(mlps\.\d+|iou_prediction_head)\.proj_in\.": r"\1.layers.0.",
    r"(mlps\.\d+|iou_prediction_head)\.proj_out\.": r"\1.layers.2.",
    r"\.point_embed\.": ".point_embeddings.",
    r"\.mask_embed\.conv1\.": ".mask_downscaling.0.",
    r"\.mask_embed\.layer_norm1\.": ".mask_downscaling.1.",
    r"\.mask_embed\.conv2\.": ".mask_downscaling.3.",
    r"\.mask_embed\.layer_norm2\.": ".mask_downscaling.4.",
    r"\.mask_embed\.conv3\.": ".mask_downscaling.6.",
    r"\.shared_embedding\.positional_embedding$": ".pe_layer.positional_encoding_gaussian_matrix",
}


def transformers_sam(seed=0, vision=None, prompt=None, decoder=None):
    """Return a random `transformers.SamModel` in evaluation mode, all of its weights alive."""
    from transformers import (
        SamConfig,
        SamMaskDecoderConfig,
        SamModel,
        SamPromptEncoderConfig,
        SamVisionConfig,
    )

    torch.manual_seed(seed)
    config = SamConfig(
        vision_config=SamVisionConfig(**(VISION if vision is None else vision)).to_dict(),
        prompt_encoder_config=SamPromptEncoderConfig(**(PROMPT if prompt is None else prompt)).to_dict(),
        mask_decoder_config=SamMaskDecoderConfig(**(DECODER if decoder is None else decoder)).to_dict(),
    )
    model = SamModel(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name and name.endswith("weight"):
                parameter.uniform_(0.5, 1.5)
            elif name != "shared_image_embedding.positional_embedding":
                parameter.normal_(0, 0.3 if parameter.ndim < 2 else 1.5 / parameter[0].numel() ** 0.5)
    return model


def original_names(state):
    """Return weights of `transformers` in the names of `segment_anything`."""
    renamed = {}
    for key, tensor in state.items():
        if key == "shared_image_embedding.positional_embedding":
            continue  # the prompt encoder's, once more
        for ours, theirs in _ORIGINAL.items():
            key = re.sub(ours, theirs, key)
        renamed[key] = tensor
    return renamed
