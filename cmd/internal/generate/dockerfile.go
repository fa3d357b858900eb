package generate

import "io"

// dockerfile builds in one image and runs in another that has a C library and
// certificates, and nothing to log in to. SQLite and H3 are C. It takes the
// folders of the source by name: what else lies in a checkout, releases and
// secrets among it, is in no layer.
const dockerfile = `# syntax=docker/dockerfile:1
# docker build -f Dockerfile -t geodrop . && docker run -p 8080:8080 -v geodrop:/var/lib/geodrop geodrop
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY api ./api
COPY builder ./builder
COPY cmd ./cmd
COPY data ./data
COPY grid ./grid
COPY poi ./poi
COPY sync ./sync
ARG VERSION=devel
RUN CGO_ENABLED=1 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/geodrop ./cmd/geodrop \
 && mkdir -p /out/state

FROM gcr.io/distroless/base-debian12:nonroot
COPY --from=build /out/geodrop /usr/local/bin/geodrop
COPY --from=build --chown=65532:65532 /out/state /var/lib/geodrop
USER 65532:65532
VOLUME ["/var/lib/geodrop"]
EXPOSE 8080
ENV GOMEMLIMIT=2GiB
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/geodrop"]
# At level info there is a line for each request.
CMD ["up", "--log-format", "json", "--log-level", "warn", "--dir", "/var/lib/geodrop", "--listen", ":8080"]
`

func writeDockerfile(w io.Writer, _ Options) error {
	_, err := io.WriteString(w, dockerfile)
	return err
}
