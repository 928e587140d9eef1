namespace MicroGpt.Cli.Tests;

/// <summary>microgpt export; tests/Export.Tests run the files that it writes.</summary>
public sealed class ExportTests(VerbTests.Trained trained) : IClassFixture<VerbTests.Trained>
{
    readonly Command microgpt = trained.Command;

    [Theory]
    [InlineData("Names.cs", "i8", ExportNumbers.Int8)]
    [InlineData("names.js", "f16", ExportNumbers.Float16)]
    [InlineData("names.mjs", "f32", ExportNumbers.Float32)]
    public void Export_writes_what_the_library_writes(string name, string word, ExportNumbers numbers)
    {
        var source = VerbTests.Trained.Gpt.Export(name, numbers);
        var lines = microgpt.Run("export", "names.safetensors", "--out", name, "--numbers", word).Good().Lines;
        var text = File.ReadAllText(microgpt.At(name));
        Assert.Equal(source.Text, text);
        Assert.Equal($"4,192 parameters, {text.Length:N0} bytes: {name}", lines[0]);
        var loss = FormattableString.Invariant($"loss {source.Loss:F4}, before rounding {source.LossBefore:F4}");
        Assert.StartsWith(loss, lines[1]);
        Assert.False(File.Exists(microgpt.At(name + ".saving")));
    }

    [Fact]
    public void Eight_bits_are_the_default_and_an_earlier_export_is_replaced()
    {
        Directory.CreateDirectory(microgpt.At("game"));
        microgpt.Run("export", "names.safetensors", "--out", "game/Names.cs", "--numbers", "f32").Good();
        microgpt.Shell("chmod 640 game/Names.cs; ln -s game/Names.cs Link.cs").Good();
        microgpt.Run("export", "names.safetensors", "--out", "game/Names.cs").Good();
        Assert.Equal(VerbTests.Trained.Gpt.Export("Names.cs").Text, File.ReadAllText(microgpt.At("game/Names.cs")));
        Assert.Equal("640\n", microgpt.Shell("stat -c %a game/Names.cs").Good().Output);
        microgpt.Run("export", "names.safetensors", "--out", "Link.cs").Good();
        Assert.NotNull(new FileInfo(microgpt.At("Link.cs")).LinkTarget);
        Assert.StartsWith("// Link.cs: ", File.ReadAllText(microgpt.At("game/Names.cs")));
    }

    [Fact]
    public void A_file_that_no_export_wrote_stays_as_it_is()
    {
        var text = File.ReadAllText(microgpt.Write("Mine.cs", "class Mine { } // a small GPT\n"));
        microgpt.Run("export", "names.safetensors", "--out", "Mine.cs").Fails(1, "Mine.cs: is not an exported model");
        microgpt.Write("Draft.cs.saving", text);
        microgpt.Run("export", "names.safetensors", "--out", "Draft.cs").Fails(1, "Draft.cs.saving: is in the way");
        Assert.False(File.Exists(microgpt.At("Draft.cs")));
        Assert.Equal(text, File.ReadAllText(microgpt.At("Mine.cs")));
        Assert.Equal(text, File.ReadAllText(microgpt.At("Draft.cs.saving")));
        microgpt.Shell("mkfifo pipe.js").Good();
        microgpt.Run("export", "names.safetensors", "--out", "pipe.js").Fails(1, "pipe.js: is a pipe");
    }

    [Theory]
    [InlineData(2, "--out is missing", "names.safetensors")]
    [InlineData(2, "--out is empty", "names.safetensors", "--out", "")]
    [InlineData(2, "MODEL is missing", "--out", "Names.cs")]
    [InlineData(2, "--out names.py: the name must end in .cs, .js or .mjs", "names.safetensors", "--out", "names.py")]
    [InlineData(2, "which is no name in C#", "names.safetensors", "--out", "my-names.cs")]
    [InlineData(2, "--numbers f64: must be i8 or f16 or f32", "names.safetensors", "--out", "N.cs", "--numbers", "f64")]
    [InlineData(1, "there is no folder", "names.safetensors", "--out", "nowhere/Names.cs")]
    [InlineData(1, "/dev/full.cs", "names.safetensors", "--out", "/dev/full.cs")]
    [InlineData(1, "a text file, not a model", "names.txt", "--out", "Names.cs")]
    [InlineData(1, "there is no such file", "other.safetensors", "--out", "Names.cs")]
    public void What_cannot_be_exported_is_refused_with_a_sentence(int code, string sentence, params string[] words) =>
        microgpt.Run(["export", .. words]).Fails(code, sentence);
}
