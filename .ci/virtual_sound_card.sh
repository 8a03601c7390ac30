#!/usr/bin/env bash
# A sound card without hardware: whatever is played into PulseAudio's null sink can be recorded from its monitor.
#
#   . .ci/virtual_sound_card.sh     start it (or reuse it) and point ALSA, and so PortAudio, at it
#
# Exports BEDSIDE_VIRTUAL_CARD=1, which wakes the tests marked `real_audio`. The server is one of its own, beside any
# that the user has, and ends with: pactl exit

_start_card() {
    local folder="${TMPDIR:-/tmp}/bedside-sound-card-$(id -u)"
    mkdir -p "$folder" && chmod 700 "$folder" || return 1
    export PULSE_RUNTIME_PATH="$folder"
    unset PULSE_SERVER

    if ! pactl info >/dev/null 2>&1; then
        # -n: nothing from the machine's own configuration. PulseAudio warns about running as root, and works.
        pulseaudio -n --daemonize=yes --system=false --exit-idle-time=-1 --use-pid-file=no \
            --log-target="file:$folder/log" --load=module-native-protocol-unix 2>/dev/null
        BEDSIDE_CARD_STARTED=1
        for _ in $(seq 50); do
            pactl info >/dev/null 2>&1 && break
            sleep 0.1
        done
    fi
    if ! pactl info >/dev/null; then
        echo "The virtual sound card did not start: see $folder/log" >&2
        return 1
    fi

    # norewinds=1 matters: with rewinds, streams stall for up to two seconds when they start.
    if ! pactl list short sinks | grep -qw bedside; then
        pactl load-module module-null-sink sink_name=bedside norewinds=1 rate=48000 channels=1 >/dev/null || return 1
        pactl set-default-sink bedside
        pactl set-default-source bedside.monitor
    fi

    # A configuration of its own for ALSA: ~/.asoundrc belongs to the user.
    cat >"$folder/asound.conf" <<'CONF'
</usr/share/alsa/alsa.conf>
pcm.!default {
    type asym
    playback.pcm { type pulse device "bedside" }
    capture.pcm { type pulse device "bedside.monitor" }
}
ctl.!default { type pulse }
CONF
    export ALSA_CONFIG_PATH="$folder/asound.conf"
    export BEDSIDE_VIRTUAL_CARD=1
}

_start_card
