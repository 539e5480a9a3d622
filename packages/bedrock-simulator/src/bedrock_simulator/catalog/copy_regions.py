"""Where customized models may travel: to other Regions, and to other accounts.

User Guide, copy-model-support and share-model-support, as printed in autumn 2026. A model that is in neither table may
do neither; Nova 2 Lite and Llama 3.3 are in none. Sharing itself is RAM's work and is not simulated.
"""

from collections.abc import Mapping

_NOVA = frozenset(
    {
        *("ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "eu-central-1"),
        *("eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3", "us-east-1", "us-east-2"),
        *("us-gov-west-1", "us-west-2"),
    }
)
_US = frozenset({"us-east-1", "us-east-2", "us-west-2"})
_HAIKU = frozenset({"ap-south-1", "ap-southeast-2", "eu-west-1", "eu-west-2", "us-east-1", "us-west-2"})
_HAIKU_ID = "anthropic.claude-3-haiku-20240307-v1:0"

COPIED_TO: Mapping[str, frozenset[str]] = {
    "amazon.nova-lite-v1:0": _NOVA,
    "amazon.nova-micro-v1:0": _NOVA,
    "amazon.nova-pro-v1:0": _NOVA,
    _HAIKU_ID: _HAIKU,
    "meta.llama3-1-8b-instruct-v1:0": _US,
    "meta.llama3-1-70b-instruct-v1:0": _US,
    "meta.llama3-2-1b-instruct-v1:0": _US | {"eu-central-1", "eu-west-1", "eu-west-3"},
    "meta.llama3-2-3b-instruct-v1:0": _US,
}
SHARED_FROM: Mapping[str, frozenset[str]] = {_HAIKU_ID: _HAIKU}
