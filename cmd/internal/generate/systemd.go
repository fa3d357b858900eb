package generate

import (
	"io"
	"strings"
	"text/template"

	"geodrop/sync/manifest"
)

// role is a command that runs for long.
type role struct {
	name  string
	says  string
	flags string // beside --dir
	limit string // of the memory of Go's heap: what is mapped does not count
}

func roles() []role {
	return []role{
		{"up", "everything in one process.", "--listen :8080 --admin 127.0.0.1:8081 --drain 5s", "2GiB"},
		{"origin", "builds releases and hands them to nodes.", "--key /var/lib/geodrop-origin/origin.key --listen {{.Listen}}", "2GiB"},
		{"relay", "hands releases on to nodes.", "--upstream {{.Upstream}} --trust /etc/geodrop/trusted.keys --listen :8091", "512MiB"},
		{"node", "answers lookups.", "--upstream {{.Upstream}} --trust /etc/geodrop/trusted.keys{{.Channel}} --listen :8080 --admin 127.0.0.1:8081 --drain 5s", "512MiB"},
	}
}

// unit is hardened as far as a process that listens, writes one folder and asks
// a database can be. /etc/geodrop/ROLE.env has what is not to be seen in a list
// of processes: GEODROP_SRC, GEODROP_OPERATOR_TOKEN. The origin makes its key when
// it has none; /etc/geodrop/trusted.keys of the others has what keys show says of
// that. /proc/sys stays to be read: how many connections may wait to be accepted is
// net.core.somaxconn.
const unit = `[Unit]
Description=geodrop {{.Name}}: {{.Says}}
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
{{- if eq .Name "origin"}}
# Who reaches the address has every release and all of its tasks: let it be one
# that nodes alone reach (geodrop generate systemd-origin --listen 10.0.0.5:8090).
# Operators (geodrop release) are answered, at 127.0.0.1:8092, only where
# /etc/geodrop/origin.env has GEODROP_ADMIN_TOKEN=, 16 characters or more.
ExecStartPre=-{{.Binary}} keys new --out /var/lib/geodrop-origin/origin.key
{{- end}}
# At level info there is a line for each request.
ExecStart={{.Binary}} {{.Name}} --log-format json --log-level warn --dir /var/lib/{{.Folder}} {{.Flags}}
EnvironmentFile=-/etc/geodrop/{{.Name}}.env
Environment=GOMEMLIMIT={{.Limit}}
Restart=always
RestartSec=1
TimeoutStopSec=30
KillSignal=SIGTERM

DynamicUser=yes
StateDirectory={{.Folder}}
StateDirectoryMode=0700
UMask=0077
LimitNOFILE=65536
LimitCORE=0

AmbientCapabilities=
CapabilityBoundingSet=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
PrivateUsers=yes
PrivateIPC=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`

func (r role) write(w io.Writer, o Options) error {
	literal := func(text string) string { return strings.ReplaceAll(text, "%", "%%") }
	folder, channel := "geodrop-"+r.name, ""
	if r.name == "node" && o.Channel != "" && o.Channel != manifest.DefaultChannel {
		folder, channel = folder+"-"+o.Channel, " --channel "+o.Channel // a folder follows one channel
	}
	flags := strings.NewReplacer("{{.Upstream}}", literal(o.Upstream), "{{.Listen}}", literal(o.Listen), "{{.Channel}}", channel).Replace(r.flags)
	return template.Must(template.New("unit").Parse(unit)).Execute(w, map[string]string{
		"Name": r.name, "Says": r.says, "Flags": flags, "Limit": r.limit, "Binary": o.Binary, "Folder": folder,
	})
}
