from companion.pretrained.hugging_face.folder import (
    model_folder as model_folder,
)
from companion.pretrained.hugging_face.text import (
    hugging_face_weights as hugging_face_weights,
    load_text_classifier as load_text_classifier,
    load_text_encoder as load_text_encoder,
)
from companion.pretrained.timm import (
    load_convmixer as load_convmixer,
    load_mlp_mixer as load_mlp_mixer,
    load_vit as load_vit,
    timm_weights as timm_weights,
)
