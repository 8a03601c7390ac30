#!/usr/bin/env bash
# A sound card without hardware: whatever is played into PulseAudio's null sink can be recorded from its monitor.
#
#   . .ci/virtual_sound_card.sh     start it (or reuse it) and point ALSA, and so PortAudio, at it
#
# Exports BEDSIDE_VIRTUAL_CARD=1, which wakes the tests marked `real_audio`. `norewinds=1` matters: with rewinds on,
# streams stall for up to two seconds when they start.

_card_dir="${XDG_RUNTIME_DIR:-/tmp}/bedside-sound-card-$(id -u)"
mkdir -p "$_card_dir"
chmod 700 "$_card_dir"
export PULSE_RUNTIME_PATH="$_card_dir/pulse"

if ! pactl info >/dev/null 2>&1; then
    # -n: no configuration of the machine's own. PulseAudio grumbles about running as root, and works.
    pulseaudio -n --daemonize=yes --system=false --exit-idle-time=-1 --use-pid-file=no --log-target=file:"$_card_dir/log" \
        --load="module-native-protocol-unix" 2>/dev/null
    for _ in $(seq 50); do
        pactl info >/dev/null 2>&1 && break
        sleep 0.1
    done
fi
pactl info >/dev/null || { echo "The virtual sound card did not start: see $_card_dir/log" >&2; return 1; }

if ! pactl list short sinks | grep -qw bedside; then
    pactl load-module module-null-sink sink_name=bedside norewinds=1 rate=48000 channels=1 >/dev/null
    pactl set-default-sink bedside
    pactl set-default-source bedside.monitor
fi

# ALSA's configuration, not the user's ~/.asoundrc, which belongs to the user.
cat >"$_card_dir/asound.conf" <<'CONF'
</usr/share/alsa/alsa.conf>
pcm.!default {
    type asym
    playback.pcm { type pulse device "bedside" }
    capture.pcm { type pulse device "bedside.monitor" }
}
ctl.!default { type pulse }
CONF
export ALSA_CONFIG_PATH="$_card_dir/asound.conf"
export BEDSIDE_VIRTUAL_CARD=1
