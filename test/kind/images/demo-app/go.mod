module siskin.dev/test/demo-app

go 1.24.0
