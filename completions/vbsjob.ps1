# Written by python -m vbsjob.manual; do not edit.
# Add to your profile:  . path/to/vbsjob.ps1

Register-ArgumentCompleter -Native -CommandName vbsjob -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $tree = ConvertFrom-Json @'
{
 "vbsjob": {
  "commands": [
   "get",
   "tree",
   "watch",
   "sandbox",
   "explain",
   "help",
   "config"
  ],
  "options": [
   "--version",
   "-h",
   "--help"
  ],
  "values": {},
  "free": [
   "get",
   "tree",
   "watch",
   "sandbox",
   "explain",
   "help",
   "config"
  ]
 },
 "vbsjob get": {
  "commands": [],
  "options": [
   "-o",
   "--output",
   "-f",
   "--field",
   "--exit-status",
   "--no-exit-status",
   "-q",
   "--quiet",
   "-v",
   "--verbose",
   "--cloud",
   "--region",
   "--project",
   "--endpoint",
   "--cache",
   "--no-cache",
   "--insecure-http",
   "--retry-for",
   "--color",
   "-h",
   "--help"
  ],
  "values": {
   "-o": [
    "table",
    "json",
    "jsonl",
    "yaml",
    "csv",
    "value",
    "env",
    "name"
   ],
   "--output": [
    "table",
    "json",
    "jsonl",
    "yaml",
    "csv",
    "value",
    "env",
    "name"
   ],
   "-f": [],
   "--field": [],
   "--cloud": [
    "ask:clouds"
   ],
   "--region": [],
   "--project": [],
   "--endpoint": [],
   "--retry-for": [],
   "--color": [
    "auto",
    "always",
    "never"
   ]
  },
  "free": [
   "ask:jobs"
  ]
 },
 "vbsjob tree": {
  "commands": [],
  "options": [
   "-o",
   "--output",
   "-f",
   "--field",
   "--exit-status",
   "--no-exit-status",
   "-q",
   "--quiet",
   "-v",
   "--verbose",
   "--cloud",
   "--region",
   "--project",
   "--endpoint",
   "--cache",
   "--no-cache",
   "--insecure-http",
   "--retry-for",
   "--color",
   "--depth",
   "--only",
   "--sort",
   "--ascii",
   "--watch",
   "-h",
   "--help"
  ],
  "values": {
   "-o": [
    "table",
    "json",
    "jsonl",
    "yaml",
    "csv",
    "value",
    "env",
    "name"
   ],
   "--output": [
    "table",
    "json",
    "jsonl",
    "yaml",
    "csv",
    "value",
    "env",
    "name"
   ],
   "-f": [],
   "--field": [],
   "--cloud": [
    "ask:clouds"
   ],
   "--region": [],
   "--project": [],
   "--endpoint": [],
   "--retry-for": [],
   "--color": [
    "auto",
    "always",
    "never"
   ],
   "--depth": [],
   "--only": [],
   "--sort": [
    "api",
    "begin",
    "duration",
    "status"
   ]
  },
  "free": [
   "ask:jobs"
  ]
 },
 "vbsjob watch": {
  "commands": [],
  "options": [
   "-o",
   "--output",
   "-f",
   "--field",
   "--timeout",
   "--any",
   "--fail-fast",
   "--wait-for-job",
   "--interval",
   "--progress",
   "--heartbeat",
   "--bell",
   "--github",
   "--junit",
   "-q",
   "--quiet",
   "-v",
   "--verbose",
   "--cloud",
   "--region",
   "--project",
   "--endpoint",
   "--cache",
   "--no-cache",
   "--insecure-http",
   "--retry-for",
   "--color",
   "-h",
   "--help"
  ],
  "values": {
   "-o": [
    "table",
    "json",
    "jsonl",
    "yaml",
    "csv",
    "value",
    "env",
    "name"
   ],
   "--output": [
    "table",
    "json",
    "jsonl",
    "yaml",
    "csv",
    "value",
    "env",
    "name"
   ],
   "-f": [],
   "--field": [],
   "--timeout": [],
   "--wait-for-job": [],
   "--interval": [],
   "--progress": [
    "auto",
    "tty",
    "plain",
    "json",
    "none"
   ],
   "--heartbeat": [],
   "--junit": [],
   "--cloud": [
    "ask:clouds"
   ],
   "--region": [],
   "--project": [],
   "--endpoint": [],
   "--retry-for": [],
   "--color": [
    "auto",
    "always",
    "never"
   ]
  },
  "free": [
   "ask:jobs"
  ]
 },
 "vbsjob sandbox": {
  "commands": [],
  "options": [
   "--port",
   "--fault",
   "--token-life",
   "-h",
   "--help"
  ],
  "values": {
   "--port": [],
   "--fault": [],
   "--token-life": []
  },
  "free": []
 },
 "vbsjob explain": {
  "commands": [],
  "options": [
   "-o",
   "--output",
   "-f",
   "--field",
   "-h",
   "--help"
  ],
  "values": {
   "-o": [
    "table",
    "json",
    "jsonl",
    "yaml",
    "csv",
    "value",
    "env",
    "name"
   ],
   "--output": [
    "table",
    "json",
    "jsonl",
    "yaml",
    "csv",
    "value",
    "env",
    "name"
   ],
   "-f": [],
   "--field": []
  },
  "free": [
   "common.0011",
   "VolumeBackup.0014",
   "VolumeBackup.0041",
   "VolumeBackup.0042",
   "VolumeBackup.0044",
   "VolumeBackup.0002",
   "VolumeBackup.0003",
   "VolumeBackup.0004",
   "VolumeBackup.0005",
   "VolumeBackup.0006",
   "VolumeBackup.0007",
   "VolumeBackup.0008",
   "VolumeBackup.0009",
   "VolumeBackup.0010",
   "VolumeBackup.0011",
   "VolumeBackup.0012",
   "VolumeBackup.0013",
   "VolumeBackup.0017",
   "VolumeBackup.0018",
   "VolumeBackup.0019",
   "VolumeBackup.0020",
   "VolumeBackup.0021",
   "VolumeBackup.0022",
   "VolumeBackup.0023",
   "VolumeBackup.0024",
   "VolumeBackup.0025",
   "VolumeBackup.0026",
   "VolumeBackup.0027",
   "VolumeBackup.0028",
   "VolumeBackup.0029",
   "VolumeBackup.0030",
   "VolumeBackup.0035",
   "VolumeBackup.0036",
   "VolumeBackup.0037",
   "VolumeBackup.0038",
   "VolumeBackup.0039",
   "VolumeBackup.0040",
   "VolumeBackup.0043",
   "VolumeBackup.0049",
   "VolumeBackup.0050",
   "VolumeBackup.0053",
   "VolumeBackup.0062",
   "VolumeBackup.0063",
   "VolumeBackup.0064",
   "VolumeBackup.0070",
   "VolumeBackup.0071",
   "VolumeBackup.0072",
   "VolumeBackup.0073",
   "VolumeBackup.0074",
   "VolumeBackup.0075",
   "VolumeBackup.0076",
   "VolumeBackup.0077",
   "VolumeBackup.0078",
   "VolumeBackup.0079",
   "VolumeBackup.0080",
   "VolumeBackup.0081",
   "VolumeBackup.0082",
   "VolumeBackup.0083",
   "VolumeBackup.0084",
   "VolumeBackup.0100",
   "VolumeBackup.0101",
   "VolumeBackup.0102",
   "VolumeBackup.0103",
   "VolumeBackup.0104",
   "VolumeBackup.0105",
   "VolumeBackup.0109",
   "VolumeBackup.0110",
   "VolumeBackup.0113",
   "VolumeBackup.0123",
   "VolumeBackup.0125",
   "VolumeBackup.0900",
   "VolumeBackup.0111",
   "VolumeBackup.0200",
   "VolumeBackup.0201",
   "VolumeBackup.0202",
   "VolumeBackup.0203",
   "VolumeBackup.0204",
   "VolumeBackup.0205",
   "VolumeBackup.0206",
   "VolumeBackup.0207",
   "VolumeBackup.0208",
   "VolumeBackup.0209",
   "VolumeBackup.0210",
   "VolumeBackup.0211",
   "VolumeBackup.0089",
   "AutoBackup.0000",
   "AutoBackup.0001",
   "AutoBackup.0002",
   "AutoBackup.0003",
   "AutoBackup.0005",
   "AutoBackup.0006",
   "AutoBackup.0008",
   "AutoBackup.0009",
   "AutoBackup.0100",
   "AutoBackup.0101",
   "AutoBackup.0102",
   "AutoBackup.0103",
   "AutoBackup.0104",
   "AutoBackup.0105",
   "AutoBackup.0106",
   "AutoBackup.0107",
   "AutoBackup.0203",
   "AutoBackup.0204",
   "AutoBackup.0205",
   "AutoBackup.1100",
   "AutoBackup.1300",
   "AutoBackup.1400",
   "AutoBackup.1700",
   "AutoBackup.0206",
   "AutoBackup.0207",
   "AutoBackup.0208",
   "AutoBackup.0209",
   "AutoBackup.0210",
   "AutoBackup.0211",
   "AutoBackup.0213",
   "AutoBackup.0214",
   "AutoBackup.0215",
   "AutoBackup.0216",
   "AutoBackup.0217",
   "AutoBackup.0218",
   "AutoBackup.0220",
   "AutoBackup.0221",
   "AutoBackup.0222",
   "AutoBackup.0225",
   "AutoBackup.0226",
   "AutoBackup.9002"
  ]
 },
 "vbsjob help": {
  "commands": [],
  "options": [
   "-h",
   "--help"
  ],
  "values": {},
  "free": [
   "get",
   "tree",
   "watch",
   "sandbox",
   "explain",
   "help",
   "config",
   "exit-codes",
   "environment"
  ]
 },
 "vbsjob config": {
  "commands": [
   "show",
   "check"
  ],
  "options": [
   "-h",
   "--help"
  ],
  "values": {},
  "free": [
   "show",
   "check"
  ]
 },
 "vbsjob config show": {
  "commands": [],
  "options": [
   "-o",
   "--output",
   "--cloud",
   "--region",
   "--project",
   "--endpoint",
   "-h",
   "--help"
  ],
  "values": {
   "-o": [
    "table",
    "json",
    "jsonl",
    "yaml",
    "csv",
    "value",
    "env",
    "name"
   ],
   "--output": [
    "table",
    "json",
    "jsonl",
    "yaml",
    "csv",
    "value",
    "env",
    "name"
   ],
   "--cloud": [
    "ask:clouds"
   ],
   "--region": [],
   "--project": [],
   "--endpoint": []
  },
  "free": []
 },
 "vbsjob config check": {
  "commands": [],
  "options": [
   "-o",
   "--output",
   "-v",
   "--verbose",
   "--cloud",
   "--region",
   "--project",
   "--endpoint",
   "--insecure-http",
   "-h",
   "--help"
  ],
  "values": {
   "-o": [
    "table",
    "json",
    "jsonl",
    "yaml",
    "csv",
    "value",
    "env",
    "name"
   ],
   "--output": [
    "table",
    "json",
    "jsonl",
    "yaml",
    "csv",
    "value",
    "env",
    "name"
   ],
   "--cloud": [
    "ask:clouds"
   ],
   "--region": [],
   "--project": [],
   "--endpoint": []
  },
  "free": []
 }
}
'@
    $typed = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { "$_" })
    $at = 'vbsjob'
    foreach ($word in $typed) {
        if ($tree."$at".commands -contains $word) { $at = "$at $word" }
    }
    $here = $tree."$at"
    $last = if ($typed.Count) { $typed[-1] } else { '' }
    $value = if ($last) { $here.values."$last" } else { $null }
    if ($null -eq $value) {
        $value = if ($wordToComplete.StartsWith('-')) { $here.options } else { $here.free }
    }
    $value | ForEach-Object {
        if ($_ -ceq 'ask:jobs' -or $_ -ceq 'ask:clouds') {
            & vbsjob --offer $_.Substring(4) 2>$null | ForEach-Object { ($_ -split "`t")[0] }
        } else { $_ }
    } | Where-Object { "$_".StartsWith($wordToComplete) } | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
    }
}
