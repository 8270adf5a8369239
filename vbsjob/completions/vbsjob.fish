# Completion for fish. The program finds the candidates; nothing that it prints is evaluated.
function __vbsjob
    set -l line (commandline -cp)
    set -l found (_VBSJOB_COMPLETE=complete_fish _TYPER_COMPLETE_ARGS="$line" vbsjob 2>/dev/null)
    if test "$found" = /
        __fish_complete_path (commandline -ct)
    else if set -q found[1]
        printf '%s\n' $found
    end
end
complete -c vbsjob -f -k -a '(__vbsjob)'
