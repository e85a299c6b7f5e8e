package peer

import (
	"sync"
	"sync/atomic"

	"github.com/knadh/koanf/providers/rawbytes"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/viper"
	"gopkg.in/yaml.v3"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/content"
)

// Reading is a config that is read: the weight of the server and the length of its name.
type Reading interface {
	// Read reads both n times, and returns the sum of all that it has read. Several goroutines may
	// call it.
	Read(n int) int
	// Write gives the document another content.
	Write(data []byte) error
	Close() error
}

// Reader is a way of reading.
type Reader struct {
	Name string
	Open func(data []byte) (Reading, error)
}

// Pointer is the reader that none can beat.
const Pointer = "atomic.Pointer"

// Readers are the ways of reading, nacre's first.
func Readers() []Reader {
	return append(nacreReaders(),
		Reader{Koanf, openKoanfReading}, Reader{"viper", openViperReading},
		Reader{"kratos v2", openKratos2Reading}, Reader{"kratos v3", openKratos3Reading},
		Reader{"go-zero center", openGoZeroReading}, Reader{"agollo storage", openAgolloReading}, Reader{"runtimevar", openRuntimevarReading},
		Reader{"gookit", openGookitReading}, Reader{"konf", openKonfReading}, Reader{Pointer, openPointerReading},
	)
}

// pointerReading is a pointer to the struct. A write does what a reload has to do at the least, so
// that writers of others do not take more of the processor only for being writers.
type pointerReading struct {
	live atomic.Pointer[content.Config]
}

func openPointerReading(data []byte) (Reading, error) {
	p := &pointerReading{}
	return p, p.Write(data)
}

func (p *pointerReading) Read(n int) (sum int) {
	for range n {
		c := p.live.Load()
		sum += c.Server.Weight + len(c.Server.Name)
	}
	return sum
}

func (p *pointerReading) Write(data []byte) error {
	var c content.Config
	if err := yaml.Unmarshal(data, &c); err != nil {
		return err
	}
	if err := rules.Struct(&c); err != nil {
		return err
	}
	p.live.Store(&c)
	return nil
}

func (*pointerReading) Close() error { return nil }

const (
	weightKey = "server.weight"
	nameKey   = "server.name"
)

// koanfReading loads into the instance that is read, which koanf allows.
type koanfReading struct{ k *koanf.Koanf }

func openKoanfReading(data []byte) (Reading, error) {
	r := koanfReading{koanf.New(".")}
	return r, r.Write(data)
}

func (r koanfReading) Read(n int) (sum int) {
	for range n {
		sum += r.k.Int(weightKey) + len(r.k.String(nameKey))
	}
	return sum
}

func (r koanfReading) Write(data []byte) error {
	return r.k.Load(rawbytes.Provider(data), koanfParser("yaml"))
}

func (koanfReading) Close() error { return nil }

// viperReading has a lock of its own: viper allows no write during a read.
type viperReading struct {
	mu sync.RWMutex
	v  *viper.Viper
}

func openViperReading(data []byte) (Reading, error) {
	r := &viperReading{v: viper.New()}
	r.v.SetConfigType("yaml")
	return r, r.Write(data)
}

func (r *viperReading) Read(n int) (sum int) {
	for range n {
		r.mu.RLock()
		sum += r.v.GetInt(weightKey) + len(r.v.GetString(nameKey))
		r.mu.RUnlock()
	}
	return sum
}

func (r *viperReading) Write(data []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.v.ReadConfig(reader(data))
}

func (*viperReading) Close() error { return nil }
