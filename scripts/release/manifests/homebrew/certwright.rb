class Certwright < Formula
  desc "Keys, certificates and keystores without OpenSSL or Java"
  homepage "@URL@"
  url "@URL@/releases/download/v@VERSION@/certwright-@VERSION@-source.tar.gz"
  sha256 "@SOURCE_SHA256@"
  license any_of: ["MIT", "Apache-2.0"]

  depends_on "rust" => :build

  def install
    system "cargo", "install", *std_cargo_args
    generate_completions_from_executable(bin/"certwright", "completions")
    system "scripts/man.sh", "man"
    man1.install Dir["man/*.1"]
  end

  test do
    system bin/"certwright", "init", "jwt", "--subject", "O=Example Inc", "--password-from", "generate"
    system bin/"certwright", "verify", "jwt", "--password-from", "file:jwt/server.pass.txt", "--strict"
  end
end
