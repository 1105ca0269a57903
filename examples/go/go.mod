module example.com/todos/example

go 1.23

require example.com/todos/client v0.0.0

replace example.com/todos/client => ../../generated/clients/go
