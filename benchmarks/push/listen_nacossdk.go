package main

import (
	"context"

	"github.com/nacre-go/nacre/providers/nacos/nacossdk"
	"github.com/nacre-go/nacre/source"
)

// listenNacosSDK follows the configs with nacre's sources on the SDK's client: its listener wakes,
// and each config is read every 30 s.
func listenNacosSDK(ctx context.Context, j job, heard func(index, version int)) error {
	sdk, err := connectSDK(ctx, j)
	if err != nil {
		return err
	}
	defer sdk.CloseClient()
	client, err := nacossdk.New(sdk)
	if err != nil {
		return err
	}
	follow(ctx, j, func(id string) source.Source { return client.Source(id) }, heard)
	return nil
}
