class DockerCredentialIonos < Formula
  desc "Docker credential helper for the IONOS Cloud Container Registry"
  homepage "https://github.com/@REPOSITORY@"
  url "https://github.com/@REPOSITORY@/releases/download/v@VERSION@/docker-credential-ionos-@VERSION@.tar.gz"
  sha256 "@sha256 docker-credential-ionos-@VERSION@.tar.gz@"
  license "Apache-2.0"

  depends_on "rust" => :build

  def install
    system "cargo", "install", *std_cargo_args
    bin.install_symlink "docker-credential-ionos" => "docker-credential-ionos-pull"
    man1.install Dir["packaging/man/*.1"]
    bash_completion.install "packaging/completions/docker-credential-ionos.bash" => "docker-credential-ionos"
    zsh_completion.install "packaging/completions/_docker-credential-ionos"
    fish_completion.install "packaging/completions/docker-credential-ionos.fish"
    pkgshare.install "packaging/config.json", "packaging/kubernetes"
  end

  test do
    # Another provider's host needs no account and no network.
    output = pipe_output("#{bin}/docker-credential-ionos get", "ghcr.io", 1)
    assert_equal "credentials not found in native keychain", output.chomp
  end
end
