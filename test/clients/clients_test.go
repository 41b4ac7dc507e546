package clients

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"tidegate/simulator"
	"tidegate/simulator/seed"
)

// install fetches the clients once. The lock file pins every package by hash,
// and no package's own scripts are run.
func install(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("node_modules/salesforce-pubsub-api-client"); err == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*3*time.Minute)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts").CombinedOutput(); err != nil {
		t.Fatalf("installing the clients: %v\n%s", err, out)
	}
}

// TestThirdPartyClientsWorkUnchanged gives each client an org of its own and
// nothing but its address and credentials.
func TestThirdPartyClientsWorkUnchanged(t *testing.T) {
	install(t)
	for _, client := range []string{"jsforce", "surface", "cometd", "fallback", "faye", "pubsub"} {
		t.Run(client, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
			defer cancel()
			org, err := simulator.Start(ctx, simulator.Config{
				Seed: 7, Sizes: seed.Sizes{Accounts: 40, Contacts: 2300}, Quiet: true,
				CometDWebsocketOff: client == "fallback", PubSubPatience: 5 * time.Second,
			})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := org.Close(); err != nil {
					t.Error(err)
				}
			}()
			cmd := exec.CommandContext(ctx, "node", "--test", "--test-reporter=tap", "--test-timeout=120000", "--test-force-exit", client+".test.mjs")
			cmd.Env = append(
				os.Environ(), "NODE_ENV=test",
				"ORG_URL="+org.URL, "ORG_PUBSUB="+secure(t, org.GRPC),
				"ORG_CLIENT_ID="+org.ClientID, "ORG_CLIENT_SECRET="+org.ClientSecret,
				"ORG_USERNAME="+org.Username, "ORG_PASSWORD="+org.Password,
			)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
		})
	}
}
