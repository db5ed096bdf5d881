package main

import (
	"cmp"
	"fmt"
	"runtime"
)

// Set by the linker: -X main.version=... and so on.
var (
	version   string
	commit    string
	buildTime string
)

type versionCmd struct{}

// Run prints one line a fact.
func (versionCmd) Run(io console) error {
	_, err := fmt.Fprintf(io.out, "version    %s\ncommit     %s\nbuilt      %s\ngo         %s\n",
		cmp.Or(version, "development"), cmp.Or(commit, "unknown"), cmp.Or(buildTime, "unknown"), runtime.Version())
	return err
}
