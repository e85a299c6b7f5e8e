package main

import (
	"context"
	"fmt"
)

// narrow fails if something on the page is cut off on the screen of a telephone, or needs to be
// scrolled sideways.
func narrow(ctx context.Context, b chromium, url string) error {
	tab, err := b.openTab(ctx)
	if err != nil {
		return err
	}
	defer tab.quit()
	for _, width := range []int{320, 390, 760} {
		screen := map[string]any{"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": true}
		if err := tab.call("Emulation.setDeviceMetricsOverride", screen, nil); err != nil {
			return err
		}
		if err := tab.open(url); err != nil {
			return err
		}
		wide, err := tab.eval(`[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 100)).join("; ")`)
		if err != nil {
			return err
		}
		if wide != "" {
			return fmt.Errorf("on a screen of %d pixels, these are cut off: %s", width, wide)
		}
	}
	fmt.Println("the page on narrow screens: nothing is cut off")
	return nil
}
