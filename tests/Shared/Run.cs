using System.Diagnostics;

namespace MicroGpt.Tests;

/// <summary>A finished process: how it ended, and all that it wrote.</summary>
sealed record Run(int ExitCode, byte[] Stdout, string Stderr)
{
    public string Text => System.Text.Encoding.UTF8.GetString(Stdout);

    public static Run Start(string folder, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var stderr = process.StandardError.ReadToEndAsync();
        using var stdout = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(stdout);
        process.WaitForExit();
        return new Run(process.ExitCode, stdout.ToArray(), stderr.Result);
    }

    public void AssertFails(params string[] said)
    {
        Assert.Equal(1, ExitCode);
        var sentence = Assert.Single(Stderr.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        foreach (var words in said) Assert.Contains(words, sentence);
    }
}
