# Written by python -m vbsjob.manual; do not edit.

function __vbsjob_at --description 'Whether the command line has come to this command'
    set -l at
    for word in (commandline -opc)[2..-1]
        string match -q -- '-*' $word; and continue
        contains -- "$at $word" ''; and set at "$at $word"; and continue
        test -z "$at"; and set at " $word"
        break
    end
    test "$at" = "$argv[1]"
end

complete -c vbsjob -f
complete -c vbsjob -n '__vbsjob_at \'\'' -a get -d 'Ask once about jobs and show what the service tells.'
complete -c vbsjob -n '__vbsjob_at \'\'' -a watch -d 'Follow jobs until every one has ended; the exit code is the verdict.'
complete -c vbsjob -n '__vbsjob_at \'\'' -a sandbox -d 'Serve a made-up backup service on this machine until Ctrl-C.'
complete -c vbsjob -n '__vbsjob_at \'\'' -a explain -d 'Say what an error code means and what to do, offline.'
complete -c vbsjob -n '__vbsjob_at \'\'' -a help -d 'Show help for a command or a topic.'
complete -c vbsjob -n '__vbsjob_at \'\'' -l version -d 'Show the version.'
complete -c vbsjob -n '__vbsjob_at \'\'' -s h -l help -d 'Show the command\'s help.'
complete -c vbsjob -n '__vbsjob_at \' get\'' -a '(vbsjob --offer jobs 2>/dev/null)'
complete -c vbsjob -n '__vbsjob_at \' get\'' -s o -l output -x -a 'table json jsonl yaml csv value env name' -d 'What stdout carries; \'table\' by default.'
complete -c vbsjob -n '__vbsjob_at \' get\'' -s f -l field -x -d 'Only this field, dotted: entities.backup_id; may be repeated.'
complete -c vbsjob -n '__vbsjob_at \' get\'' -l exit-status -l no-exit-status -d 'Exit with the job\'s state: 0 SUCCESS, 1 FAIL, 8 not ended.'
complete -c vbsjob -n '__vbsjob_at \' get\'' -s q -l quiet -d 'Say nothing: exit code only.'
complete -c vbsjob -n '__vbsjob_at \' get\'' -s v -l verbose -d 'Show each request on stderr.'
complete -c vbsjob -n '__vbsjob_at \' get\'' -l cloud -x -a '(vbsjob --offer clouds 2>/dev/null)' -d 'A cloud of clouds.yaml or config.toml, or \'sandbox\'.'
complete -c vbsjob -n '__vbsjob_at \' get\'' -l region -x -d 'The region, such as eu-de.'
complete -c vbsjob -n '__vbsjob_at \' get\'' -l project -x -d 'The project, by id or by name.'
complete -c vbsjob -n '__vbsjob_at \' get\'' -l endpoint -x -d 'The service\'s address; any service with this job API.'
complete -c vbsjob -n '__vbsjob_at \' get\'' -l cache -l no-cache -d 'Keep the token for the next run, or leave no trace.'
complete -c vbsjob -n '__vbsjob_at \' get\'' -l insecure-http -d 'Allow plain http beyond this machine: secrets show.'
complete -c vbsjob -n '__vbsjob_at \' get\'' -l retry-for -x -d 'How long to go on trying without an answer; 60s, in watch 15m.'
complete -c vbsjob -n '__vbsjob_at \' get\'' -l color -x -a 'auto always never' -d 'Colour; NO_COLOR is respected.'
complete -c vbsjob -n '__vbsjob_at \' get\'' -s h -l help -d 'Show the command\'s help.'
complete -c vbsjob -n '__vbsjob_at \' watch\'' -a '(vbsjob --offer jobs 2>/dev/null)'
complete -c vbsjob -n '__vbsjob_at \' watch\'' -s o -l output -x -a 'table json jsonl yaml csv value env name' -d 'What stdout carries; \'table\' by default.'
complete -c vbsjob -n '__vbsjob_at \' watch\'' -s f -l field -x -d 'Only this field, dotted: entities.backup_id; may be repeated.'
complete -c vbsjob -n '__vbsjob_at \' watch\'' -l timeout -x -d 'End the whole watch after this time with 124; no limit.'
complete -c vbsjob -n '__vbsjob_at \' watch\'' -l any -d 'End with the first job that ends, by its verdict.'
complete -c vbsjob -n '__vbsjob_at \' watch\'' -l fail-fast -d 'End with 1 as soon as a job or a sub-job is FAIL.'
complete -c vbsjob -n '__vbsjob_at \' watch\'' -l wait-for-job -x -d 'How long a new id may be unknown to the service; 30s.'
complete -c vbsjob -n '__vbsjob_at \' watch\'' -l interval -x -d 'Ask this often; by default 2s to 15s, by the job\'s age.'
complete -c vbsjob -n '__vbsjob_at \' watch\'' -l progress -x -a 'auto tty plain json none' -d 'What stderr shows meanwhile; by default a picture on a terminal.'
complete -c vbsjob -n '__vbsjob_at \' watch\'' -l heartbeat -x -d 'Longest silence of plain progress; 60s.'
complete -c vbsjob -n '__vbsjob_at \' watch\'' -l bell -d 'Ring the terminal\'s bell at the end.'
complete -c vbsjob -n '__vbsjob_at \' watch\'' -s q -l quiet -d 'Say nothing: exit code only.'
complete -c vbsjob -n '__vbsjob_at \' watch\'' -s v -l verbose -d 'Show each request on stderr.'
complete -c vbsjob -n '__vbsjob_at \' watch\'' -l cloud -x -a '(vbsjob --offer clouds 2>/dev/null)' -d 'A cloud of clouds.yaml or config.toml, or \'sandbox\'.'
complete -c vbsjob -n '__vbsjob_at \' watch\'' -l region -x -d 'The region, such as eu-de.'
complete -c vbsjob -n '__vbsjob_at \' watch\'' -l project -x -d 'The project, by id or by name.'
complete -c vbsjob -n '__vbsjob_at \' watch\'' -l endpoint -x -d 'The service\'s address; any service with this job API.'
complete -c vbsjob -n '__vbsjob_at \' watch\'' -l insecure-http -d 'Allow plain http beyond this machine: secrets show.'
complete -c vbsjob -n '__vbsjob_at \' watch\'' -l retry-for -x -d 'How long to go on trying without an answer; 60s, in watch 15m.'
complete -c vbsjob -n '__vbsjob_at \' watch\'' -l color -x -a 'auto always never' -d 'Colour; NO_COLOR is respected.'
complete -c vbsjob -n '__vbsjob_at \' watch\'' -s h -l help -d 'Show the command\'s help.'
complete -c vbsjob -n '__vbsjob_at \' sandbox\'' -l port -x -d 'The port; 0 is any free one.'
complete -c vbsjob -n '__vbsjob_at \' sandbox\'' -l fault -x -d 'Spoil a share (0 to 1) of the answers about jobs: 429, 500, 502, 503, 504, cut, empty, garbage or slow; may be repeated.'
complete -c vbsjob -n '__vbsjob_at \' sandbox\'' -l token-life -x -d 'How long a token is valid; 24h.'
complete -c vbsjob -n '__vbsjob_at \' sandbox\'' -s h -l help -d 'Show the command\'s help.'
complete -c vbsjob -n '__vbsjob_at \' explain\'' -a 'common.0011 VolumeBackup.0014 VolumeBackup.0041 VolumeBackup.0042 VolumeBackup.0044 VolumeBackup.0002 VolumeBackup.0003 VolumeBackup.0004 VolumeBackup.0005 VolumeBackup.0006 VolumeBackup.0007 VolumeBackup.0008 VolumeBackup.0009 VolumeBackup.0010 VolumeBackup.0011 VolumeBackup.0012 VolumeBackup.0013 VolumeBackup.0017 VolumeBackup.0018 VolumeBackup.0019 VolumeBackup.0020 VolumeBackup.0021 VolumeBackup.0022 VolumeBackup.0023 VolumeBackup.0024 VolumeBackup.0025 VolumeBackup.0026 VolumeBackup.0027 VolumeBackup.0028 VolumeBackup.0029 VolumeBackup.0030 VolumeBackup.0035 VolumeBackup.0036 VolumeBackup.0037 VolumeBackup.0038 VolumeBackup.0039 VolumeBackup.0040 VolumeBackup.0043 VolumeBackup.0049 VolumeBackup.0050 VolumeBackup.0053 VolumeBackup.0062 VolumeBackup.0063 VolumeBackup.0064 VolumeBackup.0070 VolumeBackup.0071 VolumeBackup.0072 VolumeBackup.0073 VolumeBackup.0074 VolumeBackup.0075 VolumeBackup.0076 VolumeBackup.0077 VolumeBackup.0078 VolumeBackup.0079 VolumeBackup.0080 VolumeBackup.0081 VolumeBackup.0082 VolumeBackup.0083 VolumeBackup.0084 VolumeBackup.0100 VolumeBackup.0101 VolumeBackup.0102 VolumeBackup.0103 VolumeBackup.0104 VolumeBackup.0105 VolumeBackup.0109 VolumeBackup.0110 VolumeBackup.0113 VolumeBackup.0123 VolumeBackup.0125 VolumeBackup.0900 VolumeBackup.0111 VolumeBackup.0200 VolumeBackup.0201 VolumeBackup.0202 VolumeBackup.0203 VolumeBackup.0204 VolumeBackup.0205 VolumeBackup.0206 VolumeBackup.0207 VolumeBackup.0208 VolumeBackup.0209 VolumeBackup.0210 VolumeBackup.0211 VolumeBackup.0089 AutoBackup.0000 AutoBackup.0001 AutoBackup.0002 AutoBackup.0003 AutoBackup.0005 AutoBackup.0006 AutoBackup.0008 AutoBackup.0009 AutoBackup.0100 AutoBackup.0101 AutoBackup.0102 AutoBackup.0103 AutoBackup.0104 AutoBackup.0105 AutoBackup.0106 AutoBackup.0107 AutoBackup.0203 AutoBackup.0204 AutoBackup.0205 AutoBackup.1100 AutoBackup.1300 AutoBackup.1400 AutoBackup.1700 AutoBackup.0206 AutoBackup.0207 AutoBackup.0208 AutoBackup.0209 AutoBackup.0210 AutoBackup.0211 AutoBackup.0213 AutoBackup.0214 AutoBackup.0215 AutoBackup.0216 AutoBackup.0217 AutoBackup.0218 AutoBackup.0220 AutoBackup.0221 AutoBackup.0222 AutoBackup.0225 AutoBackup.0226 AutoBackup.9002'
complete -c vbsjob -n '__vbsjob_at \' explain\'' -s o -l output -x -a 'table json jsonl yaml csv value env name' -d 'What stdout carries; \'table\' by default.'
complete -c vbsjob -n '__vbsjob_at \' explain\'' -s f -l field -x -d 'Only this field, dotted: entities.backup_id; may be repeated.'
complete -c vbsjob -n '__vbsjob_at \' explain\'' -s h -l help -d 'Show the command\'s help.'
complete -c vbsjob -n '__vbsjob_at \' help\'' -a 'get watch sandbox explain help exit-codes environment'
complete -c vbsjob -n '__vbsjob_at \' help\'' -s h -l help -d 'Show the command\'s help.'
