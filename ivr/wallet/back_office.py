"""The wallet as the back office of a hotline: `back_office: {module: ivr.wallet.back_office}` in `config.yaml`."""

from ivr.hotline.demo import Demo
from ivr.wallet.demo import FAULTS, DemoWallet, demo_cases, demo_directory, give
from ivr.wallet.demo_calls import MORE_CALLS, SHOWCASE, calls, case_calls
from ivr.wallet.demo_world import agents
from ivr.wallet.http_client import http_wallet

connect = http_wallet

demo = Demo(
    open=lambda now, zone, faults: DemoWallet(now, faults, zone),
    callers=demo_directory,
    faults=FAULTS,
    calls=calls,
    showcase=SHOWCASE,
    more_calls=MORE_CALLS,
    references=lambda now: {state: case.reference for state, case in demo_cases(now).items()},
    reference_calls=case_calls,
    give=give,
    agents=agents(),
)
