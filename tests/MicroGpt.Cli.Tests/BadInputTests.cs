using System.Text;

namespace MicroGpt.Cli.Tests;

public sealed class BadInputTests : IDisposable
{
    readonly Command microgpt = new();

    public BadInputTests()
    {
        microgpt.Write("names.txt", "anna\nbob\ncarl\n");
        new Trainer(Corpus.Load(microgpt.At("names.txt")), new TrainingOptions()).Save(microgpt.At("a.safetensors"));
    }

    public void Dispose() => microgpt.Dispose();

    [Theory]
    [InlineData("train --stepz 5", "--stepz")]
    [InlineData(
        "train names.txt names.txt", "names.txt: unexpected argument", "cat names.txt names.txt | microgpt train -")]
    [InlineData("trian", "trian: unknown command; see microgpt --help")]
    [InlineData("help", "help: unknown command; see microgpt --help")]
    [InlineData("sample a.safetensors --topk 3", "--topk: unknown option; see microgpt sample --help")]
    [InlineData("info a.safetensors --all", "--all: unknown option; see microgpt info --help")]
    [InlineData("train --steps", "--steps: needs a value")]
    [InlineData("train --steps 0", "--steps 0")]
    [InlineData("train --steps -5", "--steps -5")]
    [InlineData("train --steps many", "--steps many")]
    [InlineData("train --steps 1.5", "--steps 1.5")]
    [InlineData("train --steps 99999999999", "--steps 99999999999", "up to 2147483647")]
    [InlineData("train --steps 5 --steps 6", "--steps: is given more than once")]
    [InlineData("train --n-head 3", "--n-head 3", "--n-embd 16")]
    [InlineData("train --n-head 0", "--n-head 0")]
    [InlineData("train --n-layer 0", "--n-layer 0")]
    [InlineData("train --n-embd 0", "--n-embd 0")]
    [InlineData("train --block-size 0", "--block-size 0")]
    [InlineData("train --batch-size 0", "--batch-size 0")]
    [InlineData("train --learning-rate 0", "--learning-rate 0")]
    [InlineData("train --learning-rate NaN", "--learning-rate NaN")]
    [InlineData("train --temperature 0", "--temperature 0", "0.001")]
    [InlineData("train --temperature -1", "--temperature -1")]
    [InlineData("train --temperature NaN", "--temperature NaN")]
    [InlineData("train --temperature Infinity", "--temperature Infinity")]
    [InlineData("train --temperature 1e999", "--temperature 1e999")]
    [InlineData("train --val 1", "--val 1")]
    [InlineData("train --val -0.1", "--val -0.1")]
    [InlineData("train --samples -1", "--samples -1")]
    [InlineData("train --seed x", "--seed x")]
    [InlineData("train --save-every 0", "--save-every 0")]
    [InlineData("train --save-every inf", "--save-every inf")]
    [InlineData("train --save-every Infinity", "--save-every Infinity: is not a finite number")]
    [InlineData("train --val nan", "--val nan")]
    [InlineData("train --n-embd 1000000 --n-head 1", "--n-embd 1000000", "GiB of memory")]
    [InlineData("train --block-size 2000000000", "--block-size 2000000000", "GiB of memory")]
    [InlineData("train --n-layer 2000000000 --n-embd 2147483644", "--n-layer 2000000000", "GiB of memory")]
    [InlineData("train names.txt --out names.txt", "--out names.txt")]
    [InlineData("train names.txt --log names.txt", "--log names.txt")]
    [InlineData("train names.txt --out b --log ./b", "--log ./b")]
    [InlineData("sample", "MODEL")]
    [InlineData("sample a.safetensors -n 0", "-n 0")]
    [InlineData("sample a.safetensors --temperature 0", "--temperature 0", "--top-k 1")]
    [InlineData("sample - -n 1", "MODEL -", "not from stdin")]
    [InlineData("sample a.safetensors --top-k 0", "--top-k 0")]
    [InlineData("sample a.safetensors --top-p 0", "--top-p 0")]
    [InlineData("sample a.safetensors --top-p 1.01", "--top-p 1.01")]
    [InlineData("sample a.safetensors --top-p NaN", "--top-p NaN")]
    [InlineData("sample a.safetensors --prompt anž", "--prompt", "'ž'", "U+017E")]
    [InlineData("sample a.safetensors --prompt annannannannannanna", "--prompt", "block size, 16")]
    [InlineData("sample a.safetensors --prompt ann --max-length 3", "--prompt", "--max-length, 3")]
    [InlineData("sample a.safetensors --min-length 17", "--min-length 17", "block size, 16; --max-length raises it")]
    [InlineData("sample a.safetensors --min-length 9 --max-length 8", "--min-length 9", "--max-length, 8")]
    [InlineData("score a.safetensors", "TEXT")]
    [InlineData("score a.safetensors ann --file names.txt", "give TEXT or --file, not both")]
    [InlineData("score a.safetensors -x", "-x")]
    [InlineData("eval a.safetensors", "FILE")]
    [InlineData("info", "MODEL")]
    public void A_bad_command_line_is_refused_with_a_sentence_that_names_the_option(string line, params string[] words) =>
        microgpt.Run(line.Split(' ')).Fails(2, words);

    [Fact]
    public void An_empty_word_gets_a_sentence_that_can_be_read()
    {
        microgpt.Run("info", "a.safetensors", "").Fails(2, "microgpt: '': unexpected argument");
        microgpt.Run("").Fails(2, "microgpt: '': unknown command");
        microgpt.Run("train", "").Fails(2, "FILE is empty");
        microgpt.Run("train", "names.txt", "--out", "").Fails(2, "--out is empty");
        microgpt.Run("train", "names.txt", "--log", "").Fails(2, "--log is empty");
        microgpt.Run("sample", "").Fails(2, "MODEL");
        microgpt.Run("eval", "a.safetensors", "").Fails(2, "FILE");
        microgpt.Run("sample", "a.safetensors", "--not-in", "").Fails(2, "--not-in is empty");
        microgpt.Run("score", "a.safetensors", "--file", "").Fails(2, "--file is empty");
    }

    [Theory]
    [InlineData("train names.txt --out= --quiet", "--out is empty: it names no file")]
    [InlineData("train --out= names.txt", "--out is empty: it names no file")]
    [InlineData("train names.txt --log: --quiet", "--log is empty: it names no file")]
    [InlineData("train names.txt --seed= --quiet", "--seed is empty: it needs a value")]
    [InlineData("train --steps= names.txt", "--steps is empty: it needs a value")]
    [InlineData("train names.txt --documents= --quiet", "--documents is empty: it needs a value")]
    [InlineData("train names.txt --val=", "--val is empty: it needs a value")]
    [InlineData("train names.txt --quiet= --out b", "--quiet: takes no value")]
    [InlineData("train --resume= names.txt", "--resume: takes no value")]
    [InlineData("train names.txt --quiet=yes --out b", "--quiet: takes no value")]
    [InlineData("train --resume=true", "--resume: takes no value")]
    [InlineData("train --quiet:names.txt --out b", "--quiet: takes no value")]
    [InlineData("sample --json=true a.safetensors", "--json: takes no value")]
    [InlineData("score a.safetensors --verbose=anna", "--verbose: takes no value")]
    [InlineData("sample a.safetensors -n= 3", "-n is empty: it needs a value")]
    [InlineData("sample a.safetensors --not-in= names.txt", "--not-in is empty: it names no file")]
    [InlineData("score a.safetensors --file= names.txt", "--file is empty: it names no file")]
    public void An_option_with_an_empty_value_does_not_take_the_next_word(string line, string sentence)
    {
        var files = Directory.GetFiles(microgpt.Folder);
        microgpt.Run(line.Split(' ')).Fails(2, sentence);
        Assert.Equal(files, Directory.GetFiles(microgpt.Folder));
    }

    [Fact]
    public void An_empty_prompt_is_a_prompt()
    {
        string[] sample = ["sample", "a.safetensors", "-n", "3"];
        var plain = microgpt.Run([.. sample, "--seed", "1"]).Good();
        Assert.Equal(plain, microgpt.Run([.. sample, "--prompt=", "--seed", "1"]).Good());
        Assert.Equal(plain, microgpt.Run([.. sample, "--seed=1", "--prompt="]).Good());
        Assert.Equal(plain, microgpt.Run([.. sample, "--prompt", "", "--seed", "1"]).Good());
        Assert.Contains("--prompt=", microgpt.Run("score", "a.safetensors", "--", "--prompt=").Error); // a text
    }

    [Fact]
    public void A_pipe_is_read_once()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs bash and /dev/stdout");
        microgpt.Shell($"'{Command.Executable}' train <(printf 'an\\xff')").Fails(1, "invalid UTF-8 at byte 2");
        microgpt.Shell($"'{Command.Executable}' info /dev/stdout")
            .Fails(1, "/dev/stdout: is not a file of a known length");
        var pipe = microgpt.Shell($"'{Command.Executable}' train <(cat names.txt) --steps 2 --quiet --out b");
        Assert.Equal(0, pipe.ExitCode);
    }

    [Fact]
    public void Behind_two_dashes_a_text_may_look_like_an_option() =>
        Assert.Contains("U+002D", microgpt.Run("score", "a.safetensors", "--", "-a").Fails(1, "TEXT").Error);

    [Fact]
    public void A_bad_file_is_refused_with_a_sentence_that_names_it()
    {
        microgpt.Write("empty.txt", "");
        microgpt.Write("blank.txt", "\n  \n");
        File.WriteAllBytes(microgpt.At("latin1.txt"), "Zürich"u8.ToArray()[..2]);
        File.WriteAllBytes(microgpt.At("short.safetensors"), File.ReadAllBytes(microgpt.At("a.safetensors"))[..^1]);
        microgpt.Write("other.txt", "anna\nbob\nžan\n");

        microgpt.Run("train", "missing.txt").Fails(1, ": missing.txt: there is no such file");
        microgpt.Run("train", "missing/a.txt").Fails(1, ": missing/a.txt: there is no such folder");
        microgpt.Run("train", "empty.txt").Fails(1, "empty.txt", "no documents");
        microgpt.Run("train", "blank.txt").Fails(1, "blank.txt", "no documents");
        microgpt.Run("train", "latin1.txt").Fails(1, "latin1.txt: line 1, column 2: invalid UTF-8 at byte 1");
        microgpt.Run("train", ".").Fails(1, ".", "folder");
        microgpt.RunWithInput("", "train", "-").Fails(1, "stdin", "no documents");
        microgpt.Run("sample", "missing.safetensors").Fails(1, ": missing.safetensors: there is no such file");
        microgpt.Run("sample", ".").Fails(1, "folder");
        microgpt.Run("info", "short.safetensors").Fails(1, "short.safetensors", "tensor");
        microgpt.Run("sample", "a.safetensors", "--not-in", "missing.txt").Fails(1, "missing.txt");
        microgpt.Run("score", "a.safetensors", "--file", "other.txt").Fails(1, "other.txt: line 3, column 1: ", "U+017E");
        microgpt.Run("eval", "a.safetensors", "other.txt").Fails(1, "other.txt: line 3, column 1: ", "U+017E");
        microgpt.Run("train", "names.txt", "--resume", "--out", "other.txt").Fails(1, "other.txt");
    }

    [Fact]
    public void A_text_for_a_model_and_a_model_for_a_text_are_called_by_their_names()
    {
        File.WriteAllBytes(microgpt.At("utf16.txt"), [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("anna\n")]);
        File.WriteAllBytes(microgpt.At("picture.png"), [0x89, .. "PNG\r\n"u8, 0x1A, 10, 0, 0, 0, 13]);
        File.Copy(microgpt.At("names.txt"), microgpt.At("my names.txt"));

        microgpt.Run("sample", "names.txt")
            .Fails(1, "names.txt: is a text file, not a model", "microgpt train names.txt");
        microgpt.Run("info", "my names.txt").Fails(1, "train one with: microgpt train 'my names.txt'");
        microgpt.Run("info", "picture.png").Fails(1, "picture.png: is a PNG image; a model is needed here");
        microgpt.Run("train", "a.safetensors", "--out", "b").Fails(1, "a.safetensors: is a model; a text file is needed");
        microgpt.Run("eval", "a.safetensors", "a.safetensors").Fails(1, "a.safetensors: is a model");
        microgpt.Run("score", "a.safetensors", "--file", "a.safetensors").Fails(1, "a.safetensors: is a model");
        microgpt.Run("sample", "a.safetensors", "--not-in", "a.safetensors").Fails(1, "a.safetensors: is a model");
        microgpt.Run("train", "utf16.txt").Fails(1, "utf16.txt: is UTF-16", "save it as UTF-8");
    }

    [Fact]
    public void A_vector_width_that_the_machine_lacks_is_no_crash()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs bash");
        microgpt.Shell($"MICROGPT_VECTOR=77 '{Command.Executable}' train names.txt").Fails(1, "MICROGPT_VECTOR=77");
    }

    [Fact]
    public void Whatever_the_words_are_it_answers_or_says_one_sentence()
    {
        var random = new Random(4);
        string[] words =
        [
            "train", "sample", "score", "eval", "info", "names.txt", "a.safetensors", "/dev/null", ".", "", "-", "--",
            "--help", "-h", "-?", "--version", "--steps", "3", "--n-embd", "8", "--n-head", "2", "--prompt", "an",
            "--quiet", "--resume", "--json", "-n", "-n5", "--val", "0.5", "--val=0.5", "--steps=1", "--steps:2", "--file",
            "@names.txt", "--log", "--not-in", "--out", "b", "--json=true", "--quiet:x",
            "--out=", "--prompt=", "--seed:", "--json=", "-n=", "\u0007", "ž", "[suggest]",
            "[suggest:3]", "[x]", "--seed", "-1", "--verbose", "--top-p", "1", "'", "\"", "*",
        ];
        Parallel.For(0, 60, new ParallelOptions { MaxDegreeOfParallelism = 3 }, _ =>
        {
            string[] line;
            lock (random)
            {
                line = [words[random.Next(5)], .. random.GetItems(words, random.Next(7))];
            }
            Sound(microgpt.Run(line), string.Join(' ', line));
        });
    }

    [Fact]
    public void Whatever_the_files_are_it_answers_or_says_one_sentence()
    {
        var random = new Random(5);
        var model = File.ReadAllBytes(microgpt.At("a.safetensors"));
        for (var i = 0; i < 12; i++)
        {
            var damaged = model.ToArray();
            for (var flips = random.Next(1, 4); flips > 0; flips--)
            {
                damaged[random.Next(i % 2 == 0 ? 2000 : damaged.Length)] = (byte)random.Next(256);
            }
            File.WriteAllBytes(microgpt.At("damaged.safetensors"), damaged);
            Sound(microgpt.Run("sample", "damaged.safetensors", "-n", "2"), $"damaged model {i}");
            var noise = new byte[random.Next(1, 300)];
            random.NextBytes(noise);
            var text = i % 2 == 0 ? noise : Encoding.UTF8.GetBytes(Encoding.Latin1.GetString(noise));
            File.WriteAllBytes(microgpt.At("noise.txt"), text);
            Sound(microgpt.Run("train", "noise.txt", "--steps", "1", "--quiet", "--out", "b.safetensors"), $"noise {i}");
        }
    }

    static void Sound(Result result, string what)
    {
        Assert.True(result.ExitCode is 0 or 1 or 2, $"{what}: exit code {result.ExitCode}");
        Assert.DoesNotContain("   at ", result.Error);
        Assert.DoesNotContain("a bug in microgpt", result.Error);
        var sentences = result.Error.Split('\n').Count(line => line.StartsWith("microgpt: ", StringComparison.Ordinal));
        if (what.StartsWith("score ", StringComparison.Ordinal) && result.ExitCode == 1)
        {
            sentences = Math.Min(sentences, 1); // one for each text that it can't score
        }
        // A command without a verb shows its help, and only its exit code says that something was missing.
        Assert.True(sentences == (result.ExitCode == 0 ? 0 : 1), $"{what}: exit code {result.ExitCode}: {result.Error}");
    }
}
