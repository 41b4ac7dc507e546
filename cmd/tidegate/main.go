// Command tidegate is the gateway, its simulated Salesforce org, and the tools
// around them. One file holds one command; app.go joins the rooms.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"tidegate/config"
	"tidegate/gateway"
)

// version is set when a release is built.
var version = "dev"

// cli is the command line: one field for each command.
type cli struct {
	Serve      serveCmd      `cmd:"" help:"Run the gateway. SIGTERM drains within 10 s."`
	Demo       demoCmd       `cmd:"" help:"Run gateway and simulated org together, seeded and connected."`
	Simulate   simulateCmd   `cmd:"" help:"Run the simulated Salesforce org alone."`
	Connect    connectCmd    `cmd:"" help:"Connect a workspace to an org without a browser."`
	Tail       tailCmd       `cmd:"" help:"Print change events of an org as JSON lines."`
	Status     statusCmd     `cmd:"" help:"Show every connection in one line."`
	Backfill   backfillCmd   `cmd:"" help:"Read objects from Salesforce again."`
	Verify     verifyCmd     `cmd:"" help:"Compare the mirror with Salesforce and repair what differs."`
	Resync     resyncCmd     `cmd:"" help:"Plan and push again what Salesforce is owed."`
	Continuity continuityCmd `cmd:"" help:"Show the gaps in the stream and their repairs, or check a certificate."`
	Doctor     doctorCmd     `cmd:"" help:"Check whether the connected org lets everything happen that Tidegate does."`
	Rehearse   rehearseCmd   `cmd:"" help:"Play faults to a workspace's configuration on a simulated org, and score how it ends."`
	Config     configCmd     `cmd:"" help:"Export, compare and apply the settings of a workspace as a file."`
	Migrate    migrateCmd    `cmd:"" help:"Bring the database to this version, or show where it stands."`
	User       userCmd       `cmd:"" help:"Add, list or disable people, or set a password."`
	Key        keyCmd        `cmd:"" help:"Create, list or revoke API keys."`
	Audit      auditCmd      `cmd:"" help:"Check that nobody changed the audit log in the database."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
}

type versionCmd struct{}

// Help shows examples.
func (versionCmd) Help() string { return examples("", "tidegate version") }

// Run prints the version.
func (versionCmd) Run(out *output) error {
	fmt.Fprintln(out.to, "tidegate "+version)
	return nil
}

// output is where commands print.
type output struct{ to *os.File }

// json prints one value as one line.
func (o *output) json(value any) error {
	return json.NewEncoder(o.to).Encode(value)
}

// Exit codes: done, failed, wrong usage.
const (
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

func run(ctx context.Context, args []string) int {
	var c cli
	parser, err := kong.New(&c,
		kong.Name("tidegate"),
		kong.Description("Salesforce gateway for products that record conversations."),
		kong.UsageOnError(),
		kong.WithHyphenPrefixedParameters(true), // --replay -2
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(&output{os.Stdout}),
	)
	if err != nil {
		fmt.Fprintln(os.Stderr, "tidegate:", err)
		return exitFailed
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	k, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "tidegate:", err, "(see: tidegate --help)")
		return exitUsage
	}
	if err := k.Run(); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "tidegate:", plain(err))
		if gateway.CodeOf(err) == gateway.CodeInvalid { // a flag that the parser could not judge
			return exitUsage
		}
		return exitFailed
	}
	return 0
}

// plain is the message for the person at the terminal, with the cause, which
// never holds a secret.
func plain(err error) string {
	text := err.Error()
	if e, ok := errors.AsType[*gateway.Error](err); ok {
		text = e.Error()
	}
	return strings.ReplaceAll(text, "\n", "; ") // one line, for those who read logs
}

// newLogger builds the process's logger.
func newLogger(cfg config.Config) *slog.Logger {
	options := &slog.HandlerOptions{Level: cfg.Level()}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, options))
}
