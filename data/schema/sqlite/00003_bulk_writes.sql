-- Nothing to do: what made bulk writes slow in MariaDB costs next to nothing here.

-- +goose Up

-- +goose Down
