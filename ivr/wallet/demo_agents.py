"""Who answers the queues of the wallet's hotline where nobody else does: made-up agents, with Chinese numbers."""

from __future__ import annotations

from collections.abc import Mapping

from ivr.hotline.demo import DemoAgent

AGENTS: Mapping[str, DemoAgent] = {
    "support": DemoAgent(
        phone="+8613900000001",
        login="lin",
        names={"zh": "客服小林", "en": "Lin, support"},
        says={
            "zh": "您好，我是客服小林。您的情况我已经看到了，马上为您处理。",
            "en": "Hello, this is Lin. I can see your case and will look after it right away.",
        },
    ),
    "senior": DemoAgent(
        phone="+8613900000002",
        login="zhou",
        names={"zh": "主管小周", "en": "Zhou, supervisor"},
        says={
            "zh": "您好，我是主管小周。很抱歉给您带来不便，请您说说情况。",
            "en": "Hello, this is Zhou, the supervisor. I am sorry about this; please tell me what happened.",
        },
        role="supervisor",
    ),
    "security": DemoAgent(
        phone="+8613900000003",
        login="wu",
        names={"zh": "安全专员小吴", "en": "Wu, security"},
        says={
            "zh": "您好，我是安全专员小吴，您别着急，我们一步一步来。",
            "en": "Hello, this is Wu from the security team. Let us go through this step by step.",
        },
    ),
}
"""By queue, as the hotline that ships has them."""
