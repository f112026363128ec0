{
  lib,
  rustPlatform,
  installShellFiles,
}:
let
  manifest = (builtins.fromTOML (builtins.readFile ../../Cargo.toml)).package;
in
rustPlatform.buildRustPackage {
  pname = manifest.name;
  inherit (manifest) version;
  src = ../..;
  cargoLock.lockFile = ../../Cargo.lock;

  nativeBuildInputs = [ installShellFiles ];

  # The black-box tests need a writable home, loopback and the system's certificates.
  cargoTestFlags = [ "--lib" ];

  postInstall = ''
    ln -s docker-credential-ionos $out/bin/docker-credential-ionos-pull
    installManPage packaging/man/*.1
    installShellCompletion --cmd docker-credential-ionos \
      --bash packaging/completions/docker-credential-ionos.bash \
      --zsh packaging/completions/_docker-credential-ionos \
      --fish packaging/completions/docker-credential-ionos.fish
  '';

  meta = {
    inherit (manifest) description;
    license = lib.licenses.asl20;
    mainProgram = manifest.name;
  };
}
