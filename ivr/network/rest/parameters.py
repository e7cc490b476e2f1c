"""What is done with each parameter of each operation that changes something: carried out, or noted as ignored.

The operations and parameters are those of the official client; a test compares them with the one that is installed.
"""

from __future__ import annotations

from collections.abc import Iterable

_VOICE_URLS = (
    "VoiceUrl VoiceMethod VoiceFallbackUrl VoiceFallbackMethod StatusCallback StatusCallbackMethod VoiceCallerIdLookup "
    "FriendlyName"
)
_RECORDING = "RecordingChannels RecordingStatusCallback RecordingStatusCallbackMethod RecordingStatusCallbackEvent"
_DETECTION = (
    "MachineDetectionTimeout MachineDetectionSpeechThreshold MachineDetectionSpeechEndThreshold "
    "MachineDetectionSilenceTimeout"
)
_SMS = "SmsUrl SmsMethod SmsFallbackUrl SmsFallbackMethod"
_NUMBER = (
    f"ApiVersion SmsApplicationSid {_SMS} EmergencyStatus EmergencyAddressSid TrunkSid IdentitySid AddressSid "
    "VoiceReceiveMode BundleSid"
)

# operation: (carried out, ignored)
PARAMETERS: dict[str, tuple[str, str]] = {
    "calls.create": (
        "To From Method FallbackUrl FallbackMethod StatusCallback StatusCallbackEvent StatusCallbackMethod "
        f"SendDigits Timeout Record {_RECORDING} MachineDetection AsyncAmd AsyncAmdStatusCallback "
        "AsyncAmdStatusCallbackMethod TimeLimit Url Twiml ApplicationSid",
        f"RecordingConfigurationId SipAuthUsername SipAuthPassword Trim CallerId {_DETECTION} Passports Byoc "
        "CallReason CallToken RecordingTrack ClientNotificationUrl",
    ),
    "calls.update": (
        "Url Method Status FallbackUrl FallbackMethod StatusCallback StatusCallbackMethod Twiml TimeLimit",
        "",
    ),
    "messages.create": (
        "To StatusCallback From MessagingServiceSid Body",
        "ApplicationSid MaxPrice ProvideFeedback Attempt ValidityPeriod ForceDelivery ContentRetention "
        "AddressRetention SmartEncoded PersistentAction TrafficType ShortenUrls ScheduleType SendAt "
        "SendAsMms ContentVariables MessageIntent RiskCheck FallbackFrom MediaUrl ContentSid",
    ),
    "queues.create": ("FriendlyName MaxSize", ""),
    "queues.update": ("FriendlyName MaxSize", ""),
    "members.update": ("Url Method", ""),
    "conferences.update": ("Status", "AnnounceUrl AnnounceMethod"),
    "participants.create": (
        "From To StatusCallback StatusCallbackMethod StatusCallbackEvent Label Timeout Record Muted Beep "
        "StartConferenceOnEnter EndConferenceOnExit WaitUrl WaitMethod MaxParticipants ConferenceRecord "
        "ConferenceStatusCallback ConferenceStatusCallbackMethod ConferenceStatusCallbackEvent "
        "ConferenceRecordingStatusCallback ConferenceRecordingStatusCallbackMethod "
        f"ConferenceRecordingStatusCallbackEvent {_RECORDING} CallSidToCoach Coaching TimeLimit MachineDetection",
        "EarlyMedia ConferenceTrim SipAuthUsername SipAuthPassword Region JitterBufferSize Byoc CallerId "
        f"CallReason RecordingTrack RecordingConfigurationId {_DETECTION} AmdStatusCallback AmdStatusCallbackMethod "
        "Trim CallToken Passports ClientNotificationUrl CallerDisplayName EmergencyCallerPosition "
        "EmergencyCallerLocation EmergencyName EmergencyAddress EmergencyZipCode EmergencyCity EmergencyState "
        "EmergencyCountry",
    ),
    "participants.update": (
        "Muted Hold EndConferenceOnExit BeepOnExit Coaching CallSidToCoach",
        "HoldUrl HoldMethod AnnounceUrl AnnounceMethod WaitUrl WaitMethod",
    ),
    "recordings.create": (_RECORDING, "Trim RecordingTrack RecordingConfigurationId"),
    "recordings.update": ("Status PauseBehavior", ""),
    "applications.create": (
        _VOICE_URLS,
        f"ApiVersion {_SMS} SmsStatusCallback MessageStatusCallback PublicApplicationConnectEnabled",
    ),
    "applications.update": (
        _VOICE_URLS,
        f"ApiVersion {_SMS} SmsStatusCallback MessageStatusCallback PublicApplicationConnectEnabled",
    ),
    "incoming_phone_numbers.create": (f"{_VOICE_URLS} VoiceApplicationSid PhoneNumber", f"{_NUMBER} AreaCode"),
    "incoming_phone_numbers.update": (f"{_VOICE_URLS} VoiceApplicationSid", f"{_NUMBER} AccountSid"),
}


def ignored(operation: str, given: Iterable[str]) -> list[str]:
    """Give what the debugger says of the parameters that do nothing: those that are ignored, and those nobody knows."""
    done, left_out = (set(words.split()) for words in PARAMETERS[operation])
    told = []
    for name in given:
        if name in left_out:
            told.append(f"{name} of {operation} is not emulated and changes nothing")
        elif name not in done:
            told.append(f"{operation} has no parameter {name}")
    return told
