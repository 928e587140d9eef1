using System.CommandLine;

namespace MicroGpt.Cli;

/// <summary>An option of the command that is one of the library's training options.</summary>
sealed class SettingOption(TrainingOption setting) : CheckedOption(setting.Flag, setting.Value, setting.Meaning)
{
    public TrainingOption Setting => setting;

    public override string Standard => setting.Standard;

    /// <summary>The value, if it was given.</summary>
    public string? Given(ParseResult parsed) => parsed.GetValue(this);

    protected override string? Complaint(string text) => setting.Complaint(text);
}
