package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/nacre-go/nacre/providers/nacos/nacostest"
)

// places are the programs that the command starts, and the repository.
type places struct{ root, prometheus, alertmanager, service, nacre, dir, only string }

func main() {
	runtime.LockOSThread() // the programs end with this thread; see start
	var p places
	flag.StringVar(&p.root, "root", "../..", "the repository")
	flag.StringVar(&p.prometheus, "prometheus", "prometheus", "the program Prometheus")
	flag.StringVar(&p.alertmanager, "alertmanager", "prometheus-alertmanager", "the program Alertmanager")
	flag.StringVar(&p.service, "service", "", "the program of ci/operate/service")
	flag.StringVar(&p.nacre, "nacre", "nacre", "the program of cmd/nacre")
	flag.StringVar(&p.dir, "dir", "", "an empty folder for logs and data")
	flag.StringVar(&p.only, "only", "", "the phases to run, those whose names contain this text; then the end of the day is not checked")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, p)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "operate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, p places) (err error) {
	text, err := os.ReadFile(filepath.Join(p.root, "deploy/prometheus/nacre.rules.yaml"))
	if err != nil {
		return err
	}
	rules, changes, err := scaleRules(text)
	if err != nil {
		return err
	}
	for _, c := range changes {
		fmt.Println(c)
	}
	day, today := &day{ctx: ctx, dir: p.dir, service: p.service, nacre: p.nacre, open: map[string]bool{}, counted: true}, phases()
	if wrong := checkAlerts(rules, today); len(wrong) > 0 {
		return fmt.Errorf("alerts and phases do not fit:\n%w", joined(wrong))
	}
	defer func() { err = errors.Join(err, day.close()) }()
	if err := day.start(p, rules); err != nil {
		return err
	}
	for _, phase := range today {
		if !strings.Contains(phase.name, p.only) {
			continue
		}
		began := time.Now()
		if err := day.run(phase); err != nil {
			day.report()
			return fmt.Errorf("in the phase %q: %w", phase.name, err)
		}
		fmt.Printf("%5.1f s  %s\n", time.Since(began).Seconds(), phase.name)
	}
	if p.only != "" {
		return nil
	}
	return day.end(p.root, rules, today)
}

// start starts everything, and waits until Prometheus has scraped the instances.
func (d *day) start(p places, rules ruleFile) error {
	var err error
	for n := 0; d.nacos == nil; n++ { // the port of gRPC is 1000 above
		if d.nacos, err = nacostest.Start(nacostest.Options{Port: 30100 + os.Getpid()%1500 + n, DumpDelay: nacostest.Off}); err != nil && n > 100 {
			return err
		}
	}
	for document, content := range map[string]string{orders: pool(10), limits: allLimits, routes: allRoutes, audit: "audit: {sample: 5}\n"} {
		if err := d.put(document, content); err != nil {
			return err
		}
	}
	if err := d.once("create", "warm", warm); err != nil {
		return err
	}
	var addrs []string
	for n := range 3 {
		addr, err := freeAddr(d.ctx)
		if err != nil {
			return err
		}
		addrs = append(addrs, addr)
		d.instances = append(d.instances, newInstance(d, n+1, addr))
	}
	for _, i := range d.instances {
		if err := i.start(d); err != nil {
			return err
		}
	}
	if err := d.startServers(p, rules, addrs); err != nil {
		return err
	}
	return d.wait("all is up", time.Minute, func() error {
		found, err := d.prometheus.query("count(nacre_config_ready == 1)")
		if err == nil && (len(found) != 1 || found[0].Value.number() != float64(len(d.instances))) {
			err = fmt.Errorf("ready instances: %v", found)
		}
		_, errAlertmanager := d.alertmanager.inhibited()
		return errors.Join(err, errAlertmanager)
	})
}

func (d *day) startServers(p places, rules ruleFile, addrs []string) error {
	d.hook = &webhook{}
	listener, err := new(net.ListenConfig).Listen(d.ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: d.hook, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(d.ctx, func() { _ = server.Close() })
	go func() { _ = server.Serve(listener) }()

	alertmanagerAddr, err := freeAddr(d.ctx)
	if err != nil {
		return err
	}
	prometheusAddr, err := freeAddr(d.ctx)
	if err != nil {
		return err
	}
	d.alertmanager = &alertmanager{api{d.ctx, "http://" + alertmanagerAddr}}
	d.prometheus = &prometheus{api{d.ctx, "http://" + prometheusAddr}}
	if err := d.write(p.root, rules, "http://"+listener.Addr().String(), alertmanagerAddr, addrs); err != nil {
		return err
	}
	path := func(name string) string { return filepath.Join(d.dir, name) }
	for _, program := range [][]string{
		{"alertmanager", p.alertmanager, "--config.file=" + path("alertmanager.yaml"), "--storage.path=" + path("alertmanager"),
			"--web.listen-address=" + alertmanagerAddr, "--cluster.listen-address="},
		{"prometheus", p.prometheus, "--config.file=" + path("prometheus.yaml"), "--storage.tsdb.path=" + path("prometheus"),
			"--web.listen-address=" + prometheusAddr, "--rules.alert.resend-delay=" + scrapeEvery.String()},
	} {
		running, err := start(d.dir, program[0], program[1], program[2:]...)
		if err != nil {
			return err
		}
		d.servers = append(d.servers, running)
	}
	d.began = time.Now()
	return nil
}

// end checks what holds for the whole day.
func (d *day) end(root string, rules ruleFile, today []phase) error {
	began := time.Now()
	var all []string
	for name := range d.open {
		all = append(all, name)
	}
	if err := d.expectOver(all, 90*time.Second); err != nil {
		return err
	}
	var wrong []string
	for _, p := range today {
		for name, fate := range p.expect {
			if fate != isDeliveredAndLasts || tiers[name] == "P2" {
				continue
			}
			if err := d.wait("the end of "+name, 20*time.Second, func() error {
				if !d.ended(name, d.began) {
					return fmt.Errorf("%s lacks it", receivers[tiers[name]])
				}
				return nil
			}); err != nil {
				wrong = append(wrong, err.Error())
			}
		}
	}
	queries, err := expressions(root, rules)
	if err != nil {
		return err
	}
	wrong = append(wrong, d.checkExpressions(queries)...)
	wrong = append(wrong, d.checkSelectors(queries)...)
	wrong = append(wrong, d.checkVariables()...)
	if len(wrong) > 0 {
		d.report()
		return fmt.Errorf("at the end of the day:\n%w", joined(wrong))
	}
	fmt.Printf("%5.1f s  the end: %d alerts, %d expressions\n", time.Since(began).Seconds(), len(tiers), len(queries))
	return nil
}

// report prints the last state of everything.
func (d *day) report() {
	fmt.Println("messages of Alertmanager:")
	messages := d.hook.since(d.began)
	for _, m := range messages[max(0, len(messages)-40):] {
		fmt.Println("    " + m.String())
	}
	fmt.Printf("alerts in Prometheus:\n%salerts in Alertmanager:\n%s", d.prometheus.state(), d.alertmanager.state())
	for _, i := range d.instances {
		h, err := i.health()
		fmt.Printf("%s: version %d, %s, %v\n", i.name, h.Version, h.Sum, err)
		for _, l := range h.Layers {
			fmt.Printf("    %+v\n", l)
		}
	}
	for _, p := range d.processes() {
		fmt.Printf("%s (%s), at last:\n%s\n", p.name, strconv.Itoa(p.cmd.Process.Pid), p.tail())
	}
}

// close ends all programs.
func (d *day) close() error {
	var errs []error
	for _, p := range d.processes() {
		errs = append(errs, p.stop())
	}
	if d.nacos != nil {
		d.nacos.Close()
	}
	return errors.Join(errs...)
}
