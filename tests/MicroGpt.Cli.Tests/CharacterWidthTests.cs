namespace MicroGpt.Cli.Tests;

/// <summary>
/// Characters that take two columns of a terminal, or none, on a real one: tmux keeps the screen, so that what a person
/// would see can be counted.
/// </summary>
public sealed class CharacterWidthTests : IDisposable
{
    readonly Command microgpt = new();
    readonly string server;

    public CharacterWidthTests()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/tmux"), "there is no /usr/bin/tmux here");
        server = $"microgpt-{Guid.NewGuid():N}";
    }

    public void Dispose()
    {
        Tmux("kill-server");
        microgpt.Dispose();
    }

    public static TheoryData<string> Alphabets() =>
    [
        "⚽♈❌⌚☔⭐✅⛔⚡⏰", // symbols below U+2E80, each two columns wide
        "日本語中文字한국어말",
        "😀🎉🚀🐍👍", // two UTF-16 units each
        "❤️☀️✈️", // with the variation selector that asks for an emoji
        "👨‍👩‍👧👩‍💻", // joined
        "e\u0301a\u0308o\u0302n\u0303", // marks that take no column
        "กี่ปีที่นั้น", // so has Thai
        "abc\u200babc\u00adabc",
    ];

    [Theory]
    [MemberData(nameof(Alphabets))]
    public void Exactly_one_frame_stays_on_the_screen(string alphabet)
    {
        using var log = TrainUntilItSaysSomething(alphabet);
        Finish(log);
        AssertOneFrame(Screen("-S -")); // what was scrolled out at the top counts as well
    }

    [Theory]
    [InlineData("⚽♈❌⌚☔⭐✅⛔⚡⏰")]
    [InlineData("日本語中文字한국어말")]
    [InlineData("ann\u0303a")]
    public void Also_in_a_window_that_became_narrower(string alphabet)
    {
        using var log = TrainUntilItSaysSomething(alphabet);
        // tmux breaks the lines on the screen first, and tells the program later. What that draws in between, for a
        // window that is no more, nobody can erase: so it stands still until it has heard.
        var process = int.Parse(File.ReadAllText(microgpt.At("process")));
        var before = microgpt.Heard(process);
        Tmux("resize-window -x 41 -y 40");
        WaitUntil(() => microgpt.Heard(process) != before);
        Finish(log);
        AssertOneFrame(Screen()); // the window itself moves the top of a frame out of reach, when it breaks its lines
    }

    // On return the run stands still.
    LogPipe TrainUntilItSaysSomething(string alphabet)
    {
        var random = new Random(1);
        var characters = alphabet.EnumerateRunes().ToArray();
        microgpt.Write("wide.txt", string.Join('\n', Enumerable.Range(0, 40).Select(
            _ => string.Concat(Enumerable.Range(0, 30).Select(_ => characters[random.Next(characters.Length)])))) + "\n");
        var log = new LogPipe(microgpt.At("log"));
        const string train = "train wide.txt --steps 10000 --block-size 30 --samples 0 --save-every 1e9 --log log";
        microgpt.Write("run.sh",
            $"cd '{microgpt.Folder}'; bash -c 'echo $$ > process; exec {Command.Executable} {train}'; echo ended; cat");
        var started = Tmux($"-u new-session -d -x 60 -y 40 'bash {microgpt.At("run.sh")}'");
        Assert.True(started.ExitCode == 0, started.Error);
        WaitUntil(() => // in pauses that leave it time to say something, also on a fast machine
        {
            log.Pass();
            return Screen().Contains("it says", StringComparison.Ordinal);
        });
        return log;
    }

    void Finish(LogPipe log)
    {
        log.PassAll();
        WaitUntil(() => Screen().Contains("ended", StringComparison.Ordinal));
    }

    // The bar, and the line of figures.
    static void AssertOneFrame(string screen)
    {
        Assert.True(1 == screen.Split('\n').Count(line => line.Contains('━') && line.Contains('/')), screen);
        Assert.True(1 == screen.Split("loss ").Length - 2, screen); // the summary has it as well
        Assert.DoesNotContain("it says", screen);
    }

    string Screen(string option = "") => Tmux($"capture-pane -p {option}").Output;

    Result Tmux(string command) => microgpt.Shell($"LC_ALL=C.UTF-8 tmux -L {server} -f /dev/null {command}");

    static void WaitUntil(Func<bool> condition)
    {
        for (var waited = 0; !condition(); waited++)
        {
            Assert.True(waited < 3000, "not within five minutes");
            Thread.Sleep(100);
        }
    }
}
