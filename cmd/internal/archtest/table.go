package archtest

// Row is what the house says of one package.
type Row struct {
	Path       string   // below the module
	Imports    []string // own packages it may import, each from a row above
	Network    bool     // may import net and net/http
	Documented bool     // every exported name has a doc comment
}

// Below stands for every row above, in the Imports of a package that wires.
const Below = "..."

// Table is where things live, from the bottom up. A new package gets its row
// here, in the commit that adds it.
func Table() []Row {
	return []Row{
		{Path: "grid/coord", Documented: true},
		{Path: "grid", Documented: true, Imports: []string{"grid/coord"}},
		{Path: "grid/outline", Documented: true, Imports: []string{"grid/coord", "grid"}},
		{Path: "sync/atomicfile"},
		{Path: "sync/disktest", Documented: true},
		{Path: "sync/pipetest", Documented: true, Network: true},
		{Path: "grid/index", Documented: true, Imports: []string{"grid/coord", "grid", "sync/atomicfile"}},
		{Path: "poi", Imports: []string{"grid/coord", "grid"}},
		{Path: "poi/phrase", Documented: true},
		{Path: "poi/decode", Imports: []string{"grid/coord", "grid", "poi", "poi/phrase"}},
		{Path: "poi/catalog", Imports: []string{"poi"}},
		{Path: "builder/extsort"},
		{Path: "poi/rule", Imports: []string{"grid/coord", "grid", "grid/index", "poi", "poi/phrase", "poi/decode", "builder/extsort"}, Documented: true},
		{Path: "poi/report", Imports: []string{"poi", "poi/phrase", "poi/rule"}, Documented: true},
		{Path: "sync/manifest", Imports: []string{"sync/atomicfile"}},
		{Path: "sync/trust", Documented: true, Imports: []string{"sync/atomicfile", "sync/manifest"}},
		{Path: "sync/patch", Documented: true, Imports: []string{"grid/coord", "grid", "grid/index", "sync/manifest"}},
		{Path: "sync/vitals", Documented: true},
		{Path: "sync/goldens", Documented: true, Imports: []string{"grid/coord", "grid", "grid/index", "sync/manifest"}},
		{Path: "sync/longpoll", Documented: true, Network: true},
		{Path: "sync/failover", Documented: true, Network: true},
		{Path: "sync/answer", Documented: true, Network: true, Imports: []string{"sync/manifest", "sync/longpoll"}},
		{Path: "sync/releasetest", Imports: []string{"grid/coord", "grid", "sync/atomicfile", "grid/index", "sync/manifest"}},
		{Path: "sync/origin", Documented: true, Network: true, Imports: []string{"grid", "sync/atomicfile", "grid/index", "sync/manifest", "sync/trust", "sync/patch", "sync/vitals", "sync/longpoll", "sync/answer"}},
		{Path: "sync/upstreamtest", Documented: true, Network: true, Imports: []string{"sync/origin"}},
		{Path: "sync/relay", Documented: true, Network: true, Imports: []string{"sync/atomicfile", "sync/manifest", "sync/trust", "sync/longpoll", "sync/failover", "sync/answer"}},
		{Path: "sync/agent", Documented: true, Network: true, Imports: []string{"grid", "sync/atomicfile", "grid/index", "sync/manifest", "sync/trust", "sync/patch", "sync/failover", "sync/vitals"}},
		{Path: "builder", Imports: []string{"grid/coord", "grid", "sync/atomicfile", "grid/index", "poi", "poi/phrase", "poi/decode", "poi/catalog", "sync/manifest", "sync/goldens", "builder/extsort"}},
		{Path: "api/query", Imports: []string{"grid/coord", "grid", "grid/index", "poi", "poi/catalog", "sync/manifest", "sync/goldens"}},
		{Path: "builder/plan", Documented: true, Imports: []string{"grid/coord", "grid", "grid/outline", "grid/index", "poi", "poi/catalog", "sync/manifest", "sync/patch", "builder/extsort", "builder", "api/query"}},
		{Path: "builder/plan/report", Documented: true, Imports: []string{"grid/coord", "grid/outline", "poi", "poi/phrase", "builder", "builder/plan"}},
		{Path: "api", Documented: true, Imports: []string{"grid/coord", "poi", "api/query"}},
		{Path: "api/client", Network: true, Documented: true, Imports: []string{"grid/coord", "poi", "api/query", "api"}},
		{Path: "api/client/typescript", Documented: true},
		{Path: "api/client/load", Network: true, Documented: true, Imports: []string{"grid/coord"}},
		{Path: "api/console", Documented: true},
		{Path: "api/server", Network: true, Documented: true, Imports: []string{"grid/coord", "grid", "grid/index", "poi", "poi/catalog", "sync/manifest", "api/query", "api", "api/console"}},
		{Path: "data/sample", Imports: []string{"sync/atomicfile"}},
		{Path: "data/schema"},
		{Path: "data/sqlstore", Imports: []string{"grid/coord", "grid", "poi", "data/schema"}},
		{Path: "data/sqlite", Imports: []string{"data/schema", "data/sqlstore"}},
		{Path: "data/mysql", Imports: []string{"data/schema", "data/sqlstore"}, Network: true},
		{Path: "data/mariadbd"},
		{Path: "data/storetest", Imports: []string{"grid/coord", "grid", "poi", "data/schema", "data/sqlstore", "data/mariadbd"}},
		{Path: "data/transfer", Imports: []string{"grid/coord", "grid", "sync/atomicfile", "poi", "poi/decode", "builder/extsort", "data/sqlstore"}},
		{Path: "cmd/internal/archtest"},
		{Path: "cmd/internal/bench", Imports: []string{Below}, Network: true},
		{Path: "cmd/internal/board", Imports: []string{"api"}},
		{Path: "cmd/internal/shelf", Imports: []string{"sync/atomicfile"}},
		{Path: "cmd/internal/starter", Imports: []string{"sync/atomicfile", "poi/decode", "data/sample", "data/sqlite", "data/transfer"}},
		{Path: "cmd/internal/tracing", Imports: []string{"builder"}},
		{Path: "cmd/internal/publish", Imports: []string{Below}},
		{Path: "cmd/internal/origin", Imports: []string{Below}, Network: true},
		{Path: "cmd/internal/node", Imports: []string{Below}, Network: true},
		{Path: "cmd/internal/generate", Imports: []string{Below}, Network: true},
		{Path: "cmd/geodrop", Imports: []string{Below}, Network: true},
	}
}

// topLevel is all that the root of the checkout may hold, beside dot-files.
func topLevel() []string {
	return []string{"LICENSE", "Makefile", "README.md", "api", "builder", "cmd", "data", "go.mod", "go.sum", "grid", "poi", "sync"}
}

// A job is done by one module in the whole house, so that nobody reads two.
type job struct {
	what   string
	ours   string
	rivals []string
}

func jobs() []job {
	return []job{
		{"routing", "github.com/go-chi/chi/v5", []string{"github.com/gorilla/mux", "github.com/gin-gonic/gin", "github.com/labstack/echo", "github.com/julienschmidt/httprouter"}},
		{"pages of other origins", "github.com/rs/cors", []string{"github.com/go-chi/cors", "github.com/gorilla/handlers"}},
		{"MySQL", "github.com/go-sql-driver/mysql", []string{"github.com/go-mysql-org/go-mysql", "github.com/ziutek/mymysql"}},
		{"H3", "github.com/uber/h3-go/v4", []string{"github.com/uber/h3-go/v3", "github.com/akhenakh/goh3"}},
		{"mapped files", "github.com/edsrzf/mmap-go", []string{"golang.org/x/exp/mmap", "github.com/tysonmote/gommap"}},
		{"snappy", "github.com/golang/snappy", []string{"github.com/klauspost/compress/snappy"}},
		{"progress bars", "github.com/schollz/progressbar/v3", []string{"github.com/cheggaaa/pb"}},
		{"YAML", "go.yaml.in/yaml/v3", []string{"gopkg.in/yaml.v2", "gopkg.in/yaml.v3", "github.com/goccy/go-yaml", "sigs.k8s.io/yaml"}},
		{"atomic files", "github.com/google/renameio/v2", []string{"github.com/natefinch/atomic", "github.com/google/renameio/maybe"}},
		{"logs", "log/slog", []string{"log", "github.com/sirupsen/logrus", "go.uber.org/zap", "github.com/rs/zerolog"}},
		{"comparing in tests", "package testing and plain Go", []string{"github.com/stretchr/testify", "gotest.tools", "github.com/onsi/gomega"}},
	}
}
