"""The handlers of the hotline that ships, as its `config.yaml` names them."""

from __future__ import annotations

from ivr.hotline.handlers import load_handlers, specs_of

HANDLERS = load_handlers(["ivr.wallet.handlers"])
SPECS = specs_of(HANDLERS)
