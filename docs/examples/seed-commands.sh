#!/usr/bin/env bash
# Runs the commands and the HTTP calls that the documents of the two earlier systems show, word for
# word, and checks what comes back. Without a network: a second gateway with simulated models takes
# the place of the provider, and only the address of the preset is pointed at it.
#
#   docs/examples/seed-commands.sh target/debug
#
# The argument is the directory of the built programs. Every check prints `ok NAME` or
# `FAILED NAME: why`; the exit code is 1 when anything failed. Needs bash and curl.
set -u

BIN=$(cd "${1:?the directory of the built programs is missing}" && pwd) || exit 2
WORK=$(mktemp -d) || exit 2
FAILED=0
SERVERS=()

# Stops exactly the servers that were started here.
finish() {
    for server in "${SERVERS[@]:-}"; do
        [ -n "$server" ] && kill "$server" 2>/dev/null && wait "$server" 2>/dev/null
    done
    rm -rf "$WORK"
}
trap finish EXIT

# Nothing of the caller's own configuration, keys or proxies gets in.
for name in $(compgen -e); do
    case $name in
        PATH | TMPDIR | LLVM_PROFILE_FILE) ;;
        *) unset "$name" ;;
    esac
done
export HOME="$WORK/home" LANG=C.UTF-8 TERM=dumb PATH="$BIN:$PATH"
mkdir -p "$HOME" "$WORK/provider" "$WORK/project"
cd "$WORK/project" || exit 2

failed() {
    printf 'FAILED %s: %s\n' "$1" "$2"
    FAILED=1
}

# check NAME CODE PATTERN COMMAND...: the command ends with this exit code, and the pattern, an
# extended regular expression, is found in its standard output.
check() {
    local name=$1 code=$2 pattern=$3 out got
    shift 3
    out=$("$@" 2>"$WORK/stderr" </dev/null)
    got=$?
    if [ "$got" -ne "$code" ]; then
        failed "$name" "exit code $got, not $code: $(head -c 400 "$WORK/stderr" | tr '\n' ' ')"
    elif ! grep -Eq -- "$pattern" <<<"$out"; then
        failed "$name" "no '$pattern' in: $(head -c 400 <<<"$out" | tr '\n' ' ')"
    else
        printf 'ok %s\n' "$name"
    fi
}

# told NAME PATTERN: the last command said this on standard error.
told() {
    if grep -Eq -- "$2" "$WORK/stderr"; then
        printf 'ok %s\n' "$1"
    else
        failed "$1" "no '$2' in: $(head -c 400 "$WORK/stderr" | tr '\n' ' ')"
    fi
}

# has NAME JSON KEY...: the JSON of a reply has these keys.
has() {
    local name=$1 json=$2 key
    shift 2
    for key in "$@"; do
        if ! grep -Eq "\"$key\" *:" <<<"$json"; then
            failed "$name" "no \"$key\" in: $(head -c 400 <<<"$json" | tr '\n' ' ')"
            return
        fi
    done
    printf 'ok %s\n' "$name"
}

# serve LOG ARGUMENT...: starts a gateway; its address is then in ADDRESS, on this machine.
serve() {
    local log=$1 line
    shift
    llm-server "$@" >"$log" 2>&1 </dev/null &
    SERVERS+=($!)
    ADDRESS=
    for _ in $(seq 1 300); do
        line=$(grep -Eo -m1 'http://[^ /"]+:[0-9]+' "$log")
        if [ -n "$line" ]; then
            ADDRESS="http://127.0.0.1:${line##*:}"
            return 0
        fi
        kill -0 "$!" 2>/dev/null || break
        sleep 0.1
    done
    failed "llm-server $*" "it did not start: $(head -c 400 "$log" | tr '\n' ' ')"
    exit 1
}

# --- The provider: a gateway with simulated models under the names of the preset.

{
    printf '[providers.demo]\nkind = "demo"\n'
    while read -r path behaviour; do
        printf '[models."%s"]\nprovider = "demo"\npath = "%s"\n' "$path" "$behaviour"
    done <<'MODELS'
Qwen/Qwen3-32B demo-large
Qwen/Qwen3-8B demo-small
Qwen/Qwen2.5-7B-Instruct demo-small
Qwen/Qwen2.5-VL-72B-Instruct demo-vision
anthropic/claude-3-5-sonnet-20241022 demo-large
openai/gpt-4o demo-large
deepseek/deepseek-v3 demo-reasoning
provider/model-name demo-large
provider/model demo-large
MODELS
} >"$WORK/provider/config.toml"
serve "$WORK/provider/log" --config "$WORK/provider/config.toml" --port 0
export LLMCOOP__PROVIDERS__AIGCBEST__BASE_URL="$ADDRESS/v1"

# --- The first system: quick configuration.

check 'llm-config preset' 0 '^added +models.qwen3_8b' \
    llm-config preset --name aigcbest --api-key YOUR_API_KEY
told 'a placeholder is told apart from a key' 'example|placeholder'
check 'llm-config preset again' 0 '' \
    llm-config preset --name aigcbest --api-key YOUR_API_KEY
check 'llm-config add-model' 0 'custom_model' \
    llm-config add-model --name custom_model --path "provider/model-name"
check 'llm-config add-model again' 0 '' \
    llm-config add-model --name custom_model --path "provider/model-name"
check 'llm-config add-model --tasks' 0 '' \
    llm-config add-model --name reasoning_model --path "provider/model" --tasks reasoning math
check 'llm-config list' 0 '^custom_model\b.*provider/model-name' llm-config list
check 'llm-config list has the tasks' 0 '^reasoning_model\b.*reasoning,math' llm-config list
check 'llm-config test' 0 '^custom_model\b.*\bok\b' llm-config test
check 'the key is not in the registry' 1 '' grep -rl YOUR_API_KEY "$HOME/.config/llm-cooperation/config.toml"

# --- The first system, example 5: the command line.

check 'llm-cooperation query --strategy auto' 0 'simulated' \
    llm-cooperation query -q "What is artificial intelligence?" --strategy auto
check 'llm-cooperation query in Chinese' 0 '模拟' \
    llm-cooperation query -q "什么是人工智能？" --strategy auto
check 'llm-cooperation query --model' 0 '2\+2 = 4' \
    llm-cooperation query -q "Solve this math problem: 2+2" --model qwen3_32b_reasoning
check 'llm-cooperation cooperate' 0 'simulated' \
    llm-cooperation cooperate -q "Analyse the electric vehicle market" --mode parallel --models qwen3_32b,qwen3_8b
check 'llm-cooperation status' 0 'healthy' llm-cooperation status
check 'llm-cooperation test --model' 0 '^qwen3_8b\b.*\bok\b' llm-cooperation test --model qwen3_8b
check 'llm-cooperation models --format table' 0 '^name +provider' \
    llm-cooperation models --format table

# --- The first system, example 6: the server.

serve "$WORK/log" --host 0.0.0.0 --port 0
SERVER=$ADDRESS
check 'GET /health' 0 '"status" *: *"healthy"' curl -fsS "$SERVER/health"

post() { curl -sS -X POST -H 'Content-Type: application/json' -d "$2" "$SERVER$1"; }

reply=$(post /query '{"query": "What is machine learning?", "preferences": {"strategy": "auto", "quality_priority": 0.8}, "user_id": "user123"}')
has 'POST /query' "$reply" result processing_time strategy_used
reply=$(post /service '{"service_type": "document_analysis", "content": "The quarterly report says that sales rose by a tenth.", "parameters": {"analysis_type": "comprehensive"}, "user_id": "user123"}')
has 'POST /service' "$reply" request_id success processing_time result error
check 'POST /service succeeds' 0 '"success" *: *true' printf '%s\n' "$reply"
reply=$(curl -sS -X POST "$SERVER/cooperation/task?query=Compare+two+plans&mode=parallel&integration_strategy=ensemble&models=qwen3_32b&models=qwen3_8b")
has 'POST /cooperation/task' "$reply" result mode models
check 'its repeated models are the ones that were asked' 0 '"models" *: *\[ *"qwen3_32b", *"qwen3_8b" *\]' \
    printf '%s\n' "$(tr -d '\n' <<<"$reply")"
reply=$(curl -fsS "$SERVER/status")
has 'GET /status' "$reply" system_health active_models total_requests uptime
check 'GET /models' 0 '"qwen3_8b"' curl -fsS "$SERVER/models"

# --- The second system: chat and usage.

reply=$(post /api/v1/chat/completions '{"model": "auto", "messages": [{"role": "user", "content": "分析一下这只股票的走势"}], "task_type": "financial_analysis", "max_tokens": 500, "temperature": 0.1, "user_id": "user123"}')
has 'POST /api/v1/chat/completions' "$reply" id object created model choices finish_reason prompt_tokens completion_tokens total_tokens
check 'GET /api/v1/models' 0 '"cost_per_1k_tokens"' curl -fsS "$SERVER/api/v1/models"
reply=$(curl -fsS "$SERVER/api/v1/usage/stats?days=7")
has 'GET /api/v1/usage/stats' "$reply" success total requests tokens cost duration daily models task_types
check 'the calls are in the statistics' 0 '"qwen3_8b" *: *\{' printf '%s\n' "$(tr -d '\n' <<<"$reply")"

# --- The same questions again, put to that server by the command line.

check 'llm-cooperation status --server' 0 "server at $SERVER" \
    llm-cooperation status --server "$SERVER"
check 'llm-cooperation query --server' 0 'simulated' \
    llm-cooperation query -q "What is 2+2?" --model qwen3_8b --server "$SERVER"
check 'llm-cooperation usage --server' 0 '^qwen3_8b\b' llm-cooperation usage --server "$SERVER"

exit "$FAILED"
