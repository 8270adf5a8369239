# Completion for bash. The program finds the candidates; nothing that it prints is evaluated.
_vbsjob() {
    local line=${COMP_LINE:0:COMP_POINT} value
    local word=${line##*[[:space:]]}
    COMPREPLY=()
    while IFS=$'\t' read -r value _; do
        [[ $value == / ]] && compopt -o default 2>/dev/null && continue
        COMPREPLY+=("${value#"${word%"$2"}"}") # bash completes only what is after = or @
    done < <(_VBSJOB_COMPLETE=complete_fish _TYPER_COMPLETE_ARGS=$line "$1" 2>/dev/null)
}
complete -F _vbsjob vbsjob
