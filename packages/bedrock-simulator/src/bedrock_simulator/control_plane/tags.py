"""TagResource, UntagResource, ListTagsForResource for everything an account owns."""

from bedrock_simulator import errors
from bedrock_simulator.control_plane.call import Call, Params


def add(call: Call) -> Params:
    """Adds or overwrites tags."""
    call.tag(_known(call), call.params["tags"])
    return {}


def remove(call: Call) -> Params:
    """Removes tags by key."""
    tags = call.estate.tags[_known(call)]
    for key in call.params["tagKeys"]:
        tags.pop(key, None)
    return {}


def list_tags(call: Call) -> Params:
    """All tags of one resource."""
    tags = call.estate.tags[_known(call)]
    return {"tags": [{"key": key, "value": value} for key, value in sorted(tags.items())]}


def _known(call: Call) -> str:
    arn: str = call.params["resourceARN"]
    if arn not in call.estate.tags:
        raise errors.not_found(f"There is no resource {arn} in this account and Region.")
    return arn
