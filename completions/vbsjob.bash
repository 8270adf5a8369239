# Written by python -m vbsjob.generate; do not edit.
# Works with bash 3.2 and later; needs no bash-completion.

_vbsjob_words() {
    local word
    for word; do
        [[ $word == "$cur"* ]] && COMPREPLY+=("$prefix$word")
    done
}

_vbsjob_candidates() {
    local word
    while IFS=$'\t' read -r word _; do
        [[ $word == "$cur"* ]] && COMPREPLY+=("$prefix$word")
    done < <("${COMP_WORDS[0]}" --offer "$1" 2>/dev/null)
}

_vbsjob_files() {
    local word
    compopt -o filenames 2>/dev/null
    while IFS= read -r word; do
        COMPREPLY+=("$prefix$word")
    done < <(compgen -f -- "$cur")
}

_vbsjob() {
    local cur=${COMP_WORDS[COMP_CWORD]} at=vbsjob pending= prefix= word i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $word == '=' ]]; then
            continue
        fi
        if [[ -n $pending ]]; then
            pending=
            continue
        fi
        case "$at $word" in
            "vbsjob get") at="vbsjob get" ;;
            "vbsjob tree") at="vbsjob tree" ;;
            "vbsjob watch") at="vbsjob watch" ;;
            "vbsjob list") at="vbsjob list" ;;
            "vbsjob explain") at="vbsjob explain" ;;
            "vbsjob schema") at="vbsjob schema" ;;
            "vbsjob completion") at="vbsjob completion" ;;
            "vbsjob sandbox") at="vbsjob sandbox" ;;
            "vbsjob help") at="vbsjob help" ;;
            "vbsjob config") at="vbsjob config" ;;
            "vbsjob get -o" | "vbsjob get --output") pending=$word ;;
            "vbsjob get -f" | "vbsjob get --field") pending=$word ;;
            "vbsjob get --cloud") pending=$word ;;
            "vbsjob get --region") pending=$word ;;
            "vbsjob get --project") pending=$word ;;
            "vbsjob get --endpoint") pending=$word ;;
            "vbsjob get --retry-for") pending=$word ;;
            "vbsjob get --color") pending=$word ;;
            "vbsjob tree -o" | "vbsjob tree --output") pending=$word ;;
            "vbsjob tree -f" | "vbsjob tree --field") pending=$word ;;
            "vbsjob tree --cloud") pending=$word ;;
            "vbsjob tree --region") pending=$word ;;
            "vbsjob tree --project") pending=$word ;;
            "vbsjob tree --endpoint") pending=$word ;;
            "vbsjob tree --retry-for") pending=$word ;;
            "vbsjob tree --color") pending=$word ;;
            "vbsjob tree --depth") pending=$word ;;
            "vbsjob tree --only") pending=$word ;;
            "vbsjob tree --sort") pending=$word ;;
            "vbsjob watch -o" | "vbsjob watch --output") pending=$word ;;
            "vbsjob watch -f" | "vbsjob watch --field") pending=$word ;;
            "vbsjob watch --timeout") pending=$word ;;
            "vbsjob watch --wait-for-job") pending=$word ;;
            "vbsjob watch --interval") pending=$word ;;
            "vbsjob watch --progress") pending=$word ;;
            "vbsjob watch --heartbeat") pending=$word ;;
            "vbsjob watch --junit") pending=$word ;;
            "vbsjob watch --cloud") pending=$word ;;
            "vbsjob watch --region") pending=$word ;;
            "vbsjob watch --project") pending=$word ;;
            "vbsjob watch --endpoint") pending=$word ;;
            "vbsjob watch --retry-for") pending=$word ;;
            "vbsjob watch --color") pending=$word ;;
            "vbsjob list -o" | "vbsjob list --output") pending=$word ;;
            "vbsjob list -f" | "vbsjob list --field") pending=$word ;;
            "vbsjob list --since") pending=$word ;;
            "vbsjob list --cloud") pending=$word ;;
            "vbsjob list --region") pending=$word ;;
            "vbsjob list --project") pending=$word ;;
            "vbsjob list --endpoint") pending=$word ;;
            "vbsjob list --retry-for") pending=$word ;;
            "vbsjob list --color") pending=$word ;;
            "vbsjob explain -o" | "vbsjob explain --output") pending=$word ;;
            "vbsjob explain -f" | "vbsjob explain --field") pending=$word ;;
            "vbsjob sandbox --port") pending=$word ;;
            "vbsjob sandbox --fault") pending=$word ;;
            "vbsjob sandbox --token-life") pending=$word ;;
            "vbsjob config show") at="vbsjob config show" ;;
            "vbsjob config check") at="vbsjob config check" ;;
            "vbsjob config show -o" | "vbsjob config show --output") pending=$word ;;
            "vbsjob config show --cloud") pending=$word ;;
            "vbsjob config show --region") pending=$word ;;
            "vbsjob config show --project") pending=$word ;;
            "vbsjob config show --endpoint") pending=$word ;;
            "vbsjob config check -o" | "vbsjob config check --output") pending=$word ;;
            "vbsjob config check --cloud") pending=$word ;;
            "vbsjob config check --region") pending=$word ;;
            "vbsjob config check --project") pending=$word ;;
            "vbsjob config check --endpoint") pending=$word ;;
        esac
    done
    if [[ $cur == '=' ]]; then
        cur=
    elif [[ -z $pending && $cur == --*=* ]]; then
        pending=${cur%%=*}
        prefix=$pending=
        cur=${cur#*=}
    fi
    case "$at $pending" in
        "vbsjob get -o" | "vbsjob get --output") _vbsjob_words table json jsonl yaml csv csv-safe tsv value env dotenv name ;;
        "vbsjob get -f" | "vbsjob get --field") : ;;
        "vbsjob get --cloud") _vbsjob_candidates clouds ;;
        "vbsjob get --region") : ;;
        "vbsjob get --project") : ;;
        "vbsjob get --endpoint") : ;;
        "vbsjob get --retry-for") : ;;
        "vbsjob get --color") _vbsjob_words auto always never ;;
        "vbsjob tree -o" | "vbsjob tree --output") _vbsjob_words table json jsonl yaml csv csv-safe tsv value env dotenv name ;;
        "vbsjob tree -f" | "vbsjob tree --field") : ;;
        "vbsjob tree --cloud") _vbsjob_candidates clouds ;;
        "vbsjob tree --region") : ;;
        "vbsjob tree --project") : ;;
        "vbsjob tree --endpoint") : ;;
        "vbsjob tree --retry-for") : ;;
        "vbsjob tree --color") _vbsjob_words auto always never ;;
        "vbsjob tree --depth") : ;;
        "vbsjob tree --only") : ;;
        "vbsjob tree --sort") _vbsjob_words api begin duration status ;;
        "vbsjob watch -o" | "vbsjob watch --output") _vbsjob_words table json jsonl yaml csv csv-safe tsv value env dotenv name ;;
        "vbsjob watch -f" | "vbsjob watch --field") : ;;
        "vbsjob watch --timeout") : ;;
        "vbsjob watch --wait-for-job") : ;;
        "vbsjob watch --interval") : ;;
        "vbsjob watch --progress") _vbsjob_words auto tty plain json none ;;
        "vbsjob watch --heartbeat") : ;;
        "vbsjob watch --junit") _vbsjob_files ;;
        "vbsjob watch --cloud") _vbsjob_candidates clouds ;;
        "vbsjob watch --region") : ;;
        "vbsjob watch --project") : ;;
        "vbsjob watch --endpoint") : ;;
        "vbsjob watch --retry-for") : ;;
        "vbsjob watch --color") _vbsjob_words auto always never ;;
        "vbsjob list -o" | "vbsjob list --output") _vbsjob_words table json jsonl yaml csv csv-safe tsv value env dotenv name ;;
        "vbsjob list -f" | "vbsjob list --field") : ;;
        "vbsjob list --since") : ;;
        "vbsjob list --cloud") _vbsjob_candidates clouds ;;
        "vbsjob list --region") : ;;
        "vbsjob list --project") : ;;
        "vbsjob list --endpoint") : ;;
        "vbsjob list --retry-for") : ;;
        "vbsjob list --color") _vbsjob_words auto always never ;;
        "vbsjob explain -o" | "vbsjob explain --output") _vbsjob_words table json jsonl yaml csv csv-safe tsv value env dotenv name ;;
        "vbsjob explain -f" | "vbsjob explain --field") : ;;
        "vbsjob sandbox --port") : ;;
        "vbsjob sandbox --fault") : ;;
        "vbsjob sandbox --token-life") : ;;
        "vbsjob config show -o" | "vbsjob config show --output") _vbsjob_words table json jsonl yaml csv csv-safe tsv value env dotenv name ;;
        "vbsjob config show --cloud") _vbsjob_candidates clouds ;;
        "vbsjob config show --region") : ;;
        "vbsjob config show --project") : ;;
        "vbsjob config show --endpoint") : ;;
        "vbsjob config check -o" | "vbsjob config check --output") _vbsjob_words table json jsonl yaml csv csv-safe tsv value env dotenv name ;;
        "vbsjob config check --cloud") _vbsjob_candidates clouds ;;
        "vbsjob config check --region") : ;;
        "vbsjob config check --project") : ;;
        "vbsjob config check --endpoint") : ;;
        "vbsjob ")
            if [[ $cur == -* ]]; then
                _vbsjob_words -V --version -h --help
            else
                _vbsjob_words get tree watch list explain schema completion sandbox help config
            fi
            ;;
        "vbsjob get ")
            if [[ $cur == -* ]]; then
                _vbsjob_words -o --output -f --field --exit-status --no-exit-status -q --quiet -v --verbose --cloud --region --project --endpoint --cache --no-cache --insecure-http --retry-for --details --utc --color -h --help
            else
                _vbsjob_candidates jobs
            fi
            ;;
        "vbsjob tree ")
            if [[ $cur == -* ]]; then
                _vbsjob_words -o --output -f --field --exit-status --no-exit-status -q --quiet -v --verbose --cloud --region --project --endpoint --cache --no-cache --insecure-http --retry-for --utc --color --depth --only --sort --all --ascii --watch -h --help
            else
                _vbsjob_candidates jobs
            fi
            ;;
        "vbsjob watch ")
            if [[ $cur == -* ]]; then
                _vbsjob_words -o --output -f --field --timeout --any --fail-fast --wait-for-job --interval --progress --heartbeat --bell --notify --github --junit -q --quiet -v --verbose --cloud --region --project --endpoint --cache --no-cache --insecure-http --retry-for --details --utc --color -h --help
            else
                _vbsjob_candidates jobs
            fi
            ;;
        "vbsjob list ")
            if [[ $cur == -* ]]; then
                _vbsjob_words -o --output -f --field --failed --since --refresh -v --verbose --cloud --region --project --endpoint --insecure-http --retry-for --utc --color -h --help
            else
                :
            fi
            ;;
        "vbsjob explain ")
            if [[ $cur == -* ]]; then
                _vbsjob_words -o --output -f --field -h --help
            else
                _vbsjob_words common.0011 VolumeBackup.0014 VolumeBackup.0041 VolumeBackup.0042 VolumeBackup.0044 VolumeBackup.0002 VolumeBackup.0003 VolumeBackup.0004 VolumeBackup.0005 VolumeBackup.0006 VolumeBackup.0007 VolumeBackup.0008 VolumeBackup.0009 VolumeBackup.0010 VolumeBackup.0011 VolumeBackup.0012 VolumeBackup.0013 VolumeBackup.0017 VolumeBackup.0018 VolumeBackup.0019 VolumeBackup.0020 VolumeBackup.0021 VolumeBackup.0022 VolumeBackup.0023 VolumeBackup.0024 VolumeBackup.0025 VolumeBackup.0026 VolumeBackup.0027 VolumeBackup.0028 VolumeBackup.0029 VolumeBackup.0030 VolumeBackup.0035 VolumeBackup.0036 VolumeBackup.0037 VolumeBackup.0038 VolumeBackup.0039 VolumeBackup.0040 VolumeBackup.0043 VolumeBackup.0049 VolumeBackup.0050 VolumeBackup.0053 VolumeBackup.0062 VolumeBackup.0063 VolumeBackup.0064 VolumeBackup.0070 VolumeBackup.0071 VolumeBackup.0072 VolumeBackup.0073 VolumeBackup.0074 VolumeBackup.0075 VolumeBackup.0076 VolumeBackup.0077 VolumeBackup.0078 VolumeBackup.0079 VolumeBackup.0080 VolumeBackup.0081 VolumeBackup.0082 VolumeBackup.0083 VolumeBackup.0084 VolumeBackup.0100 VolumeBackup.0101 VolumeBackup.0102 VolumeBackup.0103 VolumeBackup.0104 VolumeBackup.0105 VolumeBackup.0109 VolumeBackup.0110 VolumeBackup.0113 VolumeBackup.0123 VolumeBackup.0125 VolumeBackup.0900 VolumeBackup.0111 VolumeBackup.0200 VolumeBackup.0201 VolumeBackup.0202 VolumeBackup.0203 VolumeBackup.0204 VolumeBackup.0205 VolumeBackup.0206 VolumeBackup.0207 VolumeBackup.0208 VolumeBackup.0209 VolumeBackup.0210 VolumeBackup.0211 VolumeBackup.0089 AutoBackup.0000 AutoBackup.0001 AutoBackup.0002 AutoBackup.0003 AutoBackup.0005 AutoBackup.0006 AutoBackup.0008 AutoBackup.0009 AutoBackup.0100 AutoBackup.0101 AutoBackup.0102 AutoBackup.0103 AutoBackup.0104 AutoBackup.0105 AutoBackup.0106 AutoBackup.0107 AutoBackup.0203 AutoBackup.0204 AutoBackup.0205 AutoBackup.1100 AutoBackup.1300 AutoBackup.1400 AutoBackup.1700 AutoBackup.0206 AutoBackup.0207 AutoBackup.0208 AutoBackup.0209 AutoBackup.0210 AutoBackup.0211 AutoBackup.0213 AutoBackup.0214 AutoBackup.0215 AutoBackup.0216 AutoBackup.0217 AutoBackup.0218 AutoBackup.0220 AutoBackup.0221 AutoBackup.0222 AutoBackup.0225 AutoBackup.0226 AutoBackup.9002
            fi
            ;;
        "vbsjob schema ")
            if [[ $cur == -* ]]; then
                _vbsjob_words -h --help
            else
                _vbsjob_words document row event error
            fi
            ;;
        "vbsjob completion ")
            if [[ $cur == -* ]]; then
                _vbsjob_words -h --help
            else
                _vbsjob_words bash zsh fish
            fi
            ;;
        "vbsjob sandbox ")
            if [[ $cur == -* ]]; then
                _vbsjob_words --port --fault --token-life -h --help
            else
                :
            fi
            ;;
        "vbsjob help ")
            if [[ $cur == -* ]]; then
                _vbsjob_words -h --help
            else
                _vbsjob_words get tree watch list explain schema completion sandbox help config exit-codes environment formats
            fi
            ;;
        "vbsjob config ")
            if [[ $cur == -* ]]; then
                _vbsjob_words -h --help
            else
                _vbsjob_words show check
            fi
            ;;
        "vbsjob config show ")
            if [[ $cur == -* ]]; then
                _vbsjob_words -o --output --cloud --region --project --endpoint -h --help
            else
                :
            fi
            ;;
        "vbsjob config check ")
            if [[ $cur == -* ]]; then
                _vbsjob_words -o --output -v --verbose --cloud --region --project --endpoint --insecure-http -h --help
            else
                :
            fi
            ;;
    esac
}

complete -F _vbsjob vbsjob
