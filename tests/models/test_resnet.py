"""ResNet against torchvision's, with the same weights, and what its strides do."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.testing import assert_close
from torchvision.models import resnet as theirs

from companion.models import BasicBlock, ResNet

SIZES = {"channels": 3, "widths": (8, 16), "depth": 2, "num_classes": 5}


def small_resnet(**changes) -> ResNet:
    torch.manual_seed(0)
    return ResNet(**(SIZES | changes))


def stirred(model: nn.Module) -> nn.Module:
    """Norms that saw something, so that none of them can be left out."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.running_mean, module.weight.data, module.bias.data):
                tensor.normal_()
            module.running_var.uniform_(0.5, 2.0)
    return model.eval()


def renamed(weights):
    """torchvision's weights under our names."""
    names = {"bn1": "norm1", "bn2": "norm2", "downsample": "shortcut"}
    return {
        ".".join(names.get(part, part) for part in name.split(".")): tensor
        for name, tensor in weights.items()
    }


@pytest.mark.parametrize(("channels", "width", "stride"), [(4, 4, 1), (4, 6, 1), (4, 8, 2)])
def test_the_block_is_torchvision_s(channels, width, stride):
    torch.manual_seed(0)
    around = None
    if (channels, stride) != (width, 1):
        convolution = nn.Conv2d(channels, width, 1, stride, bias=False)
        around = nn.Sequential(convolution, nn.BatchNorm2d(width))
    block = stirred(theirs.BasicBlock(channels, width, stride, around))
    ours = BasicBlock(channels, width, stride=stride).eval()
    ours.load_state_dict(renamed(block.state_dict()))
    images = torch.randn(2, channels, 9, 9)
    assert_close(ours(images), block(images))


def test_the_whole_is_torchvision_s_resnet_18_behind_a_stem_for_small_images():
    torch.manual_seed(0)
    model = theirs.resnet18(num_classes=7)
    model.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    model.maxpool = nn.Identity()
    stirred(model)
    ours = ResNet(channels=3, widths=(64, 128, 256, 512), depth=2, num_classes=7).eval()
    weights = {}
    for name, tensor in renamed(model.state_dict()).items():
        start, _, rest = name.partition(".")
        if start.startswith("layer"):
            block, _, rest = rest.partition(".")
            start = f"blocks.{2 * (int(start[-1]) - 1) + int(block)}"
        outer = {"conv1": "stem.0", "norm1": "stem.1", "fc": "head"}
        weights[f"{outer.get(start, start)}.{rest}"] = tensor
    ours.load_state_dict(weights)
    images = torch.randn(2, 3, 32, 32)
    expected = model(images)
    assert_close(ours(images) / expected.abs().max(), expected / expected.abs().max())


def test_the_paper_s_count_for_cifar():
    """ResNet-20 has 0.27 M parameters (table 6); 1x1 shortcuts, which it lacks, add 2,752."""
    model = ResNet(channels=3, widths=(16, 32, 64), depth=3, num_classes=10)
    assert sum(p.numel() for p in model.parameters()) == 269_722 + 2_752


def test_training_starts_where_torchvision_s_does():
    torch.manual_seed(0)
    wide = ResNet(channels=3, widths=(64, 128), depth=1, num_classes=5)
    deviation = wide.blocks[1].conv2.weight.std().item()
    assert deviation == pytest.approx((2 / (128 * 9)) ** 0.5, rel=0.02)


def test_a_shift_by_its_whole_stride_shifts_its_features():
    """Two stages have a stride of 2: one pixel is not seen alike, two are, away from the edge."""
    model = stirred(small_resnet(widths=(4, 8), depth=1))
    image = torch.zeros(1, 3, 64, 64)
    image[..., 24:40, 24:40] = torch.rand(16, 16)
    inner = (..., slice(8, 24), slice(8, 24))
    features = model.features(image)
    assert_close(model.features(image.roll(2, 3))[inner], features.roll(1, 3)[inner])
    assert not torch.allclose(model.features(image.roll(1, 3))[inner], features[inner], atol=1e-3)


def test_each_further_stage_halves_the_grid():
    images = torch.rand(2, 3, 20, 12)
    assert small_resnet().features(images).shape == (2, 16, 10, 6)
    assert small_resnet(widths=(4, 8, 12)).features(images).shape == (2, 12, 5, 3)
    assert small_resnet()(images).shape == (2, 5)


def test_every_parameter_learns():
    model = small_resnet()
    F.cross_entropy(model(torch.rand(4, 3, 8, 8)), torch.tensor([0, 1, 2, 3])).backward()
    assert [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()] == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"channels": 0}, "channels=0"),
        ({"depth": 0}, "depth=0"),
        ({"num_classes": 0}, "num_classes=0"),
        ({"widths": ()}, "widths is empty"),
        ({"widths": (8, 0)}, "width=0"),
    ],
)
def test_bad_sizes_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        small_resnet(**changes)


def test_convolutions_start_as_torchvisions():
    torch.manual_seed(0)
    known = [block for name, block in theirs.resnet18().named_modules() if "." in name]
    known = [block for block in known if isinstance(block, theirs.BasicBlock)]
    ours = small_resnet(widths=(64, 128, 256, 512)).blocks
    for block, other in zip(ours, known, strict=True):
        for name in ("conv1", "conv2"):
            # Where a stage begins, inputs are half as many as outputs, and the two rules part.
            mine, wanted = getattr(block, name).weight, getattr(other, name).weight
            assert_close(mine.std(), wanted.std(), atol=0, rtol=0.03)
